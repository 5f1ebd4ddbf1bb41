/// What a message asks for (RFC 1035, 4.1.1), 0...15.
public struct DNSOpcode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    /// - Returns: `nil` above 15.
    public init?(rawValue: UInt8) {
        guard rawValue <= 15 else { return nil }
        self.rawValue = rawValue
    }

    init(lowBitsOf value: UInt16) {
        self.rawValue = UInt8(truncatingIfNeeded: value & 0xf)
    }

    /// A question.
    public static let query = DNSOpcode(lowBitsOf: 0)
    /// A question about the server itself.
    public static let status = DNSOpcode(lowBitsOf: 2)
    /// News of a changed zone (RFC 1996).
    public static let notify = DNSOpcode(lowBitsOf: 4)
    /// A change to a zone (RFC 2136).
    public static let update = DNSOpcode(lowBitsOf: 5)
}

/// How an answer came out, 0...4,095; above 15 only with EDNS (RFC 1035, 4.1.1; RFC 6891, 6.1.3).
public struct DNSResponseCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    /// - Returns: `nil` above 4,095.
    public init?(rawValue: UInt16) {
        guard rawValue <= 0xfff else { return nil }
        self.rawValue = rawValue
    }

    init(lowBitsOf value: UInt16) {
        self.rawValue = value & 0xfff
    }

    /// NOERROR.
    public static let noError = DNSResponseCode(lowBitsOf: 0)
    /// FORMERR: the server could not read the query.
    public static let formatError = DNSResponseCode(lowBitsOf: 1)
    /// SERVFAIL.
    public static let serverFailure = DNSResponseCode(lowBitsOf: 2)
    /// NXDOMAIN.
    public static let noSuchName = DNSResponseCode(lowBitsOf: 3)
    /// NOTIMP: an opcode or feature that the server lacks.
    public static let notImplemented = DNSResponseCode(lowBitsOf: 4)
    /// REFUSED: the server does not want to.
    public static let refused = DNSResponseCode(lowBitsOf: 5)
    /// YXDOMAIN: a name that must not be in use is (RFC 2136, 2.2).
    public static let nameExists = DNSResponseCode(lowBitsOf: 6)
    /// YXRRSET: a record set that must not exist does.
    public static let setExists = DNSResponseCode(lowBitsOf: 7)
    /// NXRRSET: a record set that must exist doesn't.
    public static let noSuchSet = DNSResponseCode(lowBitsOf: 8)
    /// NOTAUTH: not its zone, or a signature that does not hold.
    public static let notAuthorized = DNSResponseCode(lowBitsOf: 9)
    /// NOTZONE: a name outside the zone of an update.
    public static let notInZone = DNSResponseCode(lowBitsOf: 10)
    /// BADVERS: an EDNS version that the server doesn't know.
    public static let badVersion = DNSResponseCode(lowBitsOf: 16)
}

extension DNSResponseCode: CustomStringConvertible {
    /// The mnemonic, or `RCODE23`.
    public var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .noSuchName: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .nameExists: "YXDOMAIN"
        case .setExists: "YXRRSET"
        case .noSuchSet: "NXRRSET"
        case .notAuthorized: "NOTAUTH"
        case .notInZone: "NOTZONE"
        case .badVersion: "BADVERS"
        default: "RCODE\(self.rawValue)"
        }
    }
}
