/// A DNS query, answer or update (RFC 1035, section 4).
///
/// In an update (RFC 2136) the sections are named otherwise: ``questions`` hold the zone, ``answers`` the
/// prerequisites, ``authorities`` the changes.
public struct DNSMessage: Hashable, Sendable {
    /// Tells the answers to a client apart.
    public var id: UInt16
    /// QR: an answer, not a query.
    public var isResponse = false
    /// What the message asks for.
    public var opcode: DNSOpcode = .query
    /// AA: the server has authority for the name asked about.
    public var isAuthoritative = false
    /// TC: something was left out; ask again over TCP.
    public var isTruncated = false
    /// RD
    public var isRecursionDesired = false
    /// RA
    public var isRecursionAvailable = false
    /// AD: the server says that it checked signatures.
    public var isAuthenticData = false
    /// CD: the client doesn't want signatures checked.
    public var isCheckingDisabled = false
    /// Values above 15 are cut to their lower four bits where ``edns`` is `nil`.
    public var responseCode: DNSResponseCode = .noError

    /// What is asked, in the order of the message.
    public var questions: [DNSQuestion] = []
    /// The records that answer.
    public var answers: [DNSRecord] = []
    /// The records that say who has authority.
    public var authorities: [DNSRecord] = []
    /// Without the OPT record, which is ``edns``.
    public var additionals: [DNSRecord] = []
    /// The OPT record of the message, if it has one.
    public var edns: EDNS?

    /// A query without any question.
    public init(id: UInt16) {
        self.id = id
    }

    /// A query for one record set, with recursion desired.
    public init(id: UInt16, asking question: DNSQuestion, edns: EDNS? = EDNS()) {
        self.id = id
        self.isRecursionDesired = true
        self.questions = [question]
        self.edns = edns
    }

    /// An empty answer to `query`: its id, opcode, RD and questions.
    public init(answering query: DNSMessage, responseCode: DNSResponseCode = .noError) {
        self.id = query.id
        self.isResponse = true
        self.opcode = query.opcode
        self.isRecursionDesired = query.isRecursionDesired
        self.responseCode = responseCode
        self.questions = query.questions
    }
}
