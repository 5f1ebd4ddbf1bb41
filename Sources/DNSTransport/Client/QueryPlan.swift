import DNSWire

/// Decides how a question is put, and what to do after each answer. Ends after at most five exchanges, as every further
/// one drops a feature or goes from UDP to TCP.
struct QueryPlan: Sendable {
    enum Transport: Hashable, Sendable {
        case udp
        case tcp
    }

    enum Verdict: Sendable {
        case done(DNSMessage)
        /// Ask again: the plan has changed.
        case again
        case failed(DNSTransportError)
    }

    let question: DNSQuestion
    private let payloadSize: UInt16
    private let dnssecOK: Bool
    private(set) var transport = Transport.udp
    private(set) var usesEDNS: Bool
    private(set) var mixesCase: Bool
    private var complaint: DNSResponseCode?

    /// With `dnssecOK`, EDNS is tried even at a server that lacks it, as nothing is validated without.
    init(question: DNSQuestion, traits: UpstreamTraits, payloadSize: UInt16, dnssecOK: Bool = false) {
        self.question = question
        self.payloadSize = payloadSize
        self.dnssecOK = dnssecOK
        self.usesEDNS = dnssecOK || !traits.lacksEDNS
        self.mixesCase = !traits.foldsCase
    }

    /// The next query, with the id 0.
    ///
    /// Over TCP, EDNS announces the largest size: some servers cut TCP answers to it as well.
    func message(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var question = self.question
        if self.mixesCase, self.transport == .udp { question.name = question.name.randomizingCase(using: &random) }
        let payloadSize = self.transport == .udp ? self.payloadSize : .max
        let edns = self.usesEDNS ? EDNS(udpPayloadSize: payloadSize, dnssecOK: self.dnssecOK) : nil
        return DNSMessage(id: 0, asking: question, edns: edns).encode()
    }

    /// Where the question ends in ``message(using:)``.
    var questionEnd: Int { DNSHeader.byteCount + self.question.name.wireForm.count + 4 }

    /// Judges an answer to the last message, and notes what it tells about the upstream.
    mutating func judge(
        _ answer: [UInt8],
        spelling: QuestionSpelling,
        traits: inout UpstreamTraits
    ) -> Verdict {
        if self.transport == .udp, self.mixesCase {
            switch spelling {
            case .exact: traits.recordExactSpelling()
            case .folded:
                traits.recordFoldedSpelling()
                self.mixesCase = false
                return .again
            case .absent: break
            }
        }
        let message: DNSMessage
        do throws(DNSDecodeError) {
            message = try DNSMessage(decoding: answer[...])
        } catch {
            return self.askOverTCP(else: "the answer can't be read", because: error)
        }
        if message.isTruncated { return self.askOverTCP(else: "the answer is cut off over TCP too", because: nil) }
        return self.judge(message, traits: &traits)
    }

    private mutating func judge(_ message: DNSMessage, traits: inout UpstreamTraits) -> Verdict {
        let dislikesEDNS =
            switch message.responseCode {
            case .formatError, .notImplemented: message.edns == nil
            case .badVersion: true
            default: false
            }
        if dislikesEDNS, self.usesEDNS {
            self.complaint = message.responseCode
            self.usesEDNS = false
            return .again
        }
        if let complaint, message.responseCode != complaint { traits.recordLackOfEDNS() }
        return .done(message)
    }

    private mutating func askOverTCP(else failure: String, because error: DNSDecodeError?) -> Verdict {
        guard self.transport == .udp else {
            return .failed(DNSTransportError(.malformedAnswer, failure, underlying: error))
        }
        self.transport = .tcp
        return .again
    }
}
