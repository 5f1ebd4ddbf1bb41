/// The first 12 bytes of a message (RFC 1035, 4.1.1; AD and CD from RFC 4035).
///
/// | Offset | Bytes | Field                                                     |
/// |-------:|------:|-----------------------------------------------------------|
/// |      0 |     2 | ``id``                                                    |
/// |      2 |     2 | QR, opcode (4 bits), AA, TC, RD, RA, 0, AD, CD, RCODE (4) |
/// |      4 |     8 | number of questions, answers, authorities and additionals |
public struct DNSHeader: Hashable, Sendable {
    /// Tells the answers to a client apart.
    public let id: UInt16
    let flags: UInt16
    /// How many questions, answers, authorities and additionals the message announces. Claims, not facts.
    public let counts: Counts

    /// 12, the size of a header.
    public static let byteCount = 12

    /// What a header says about the sections.
    public struct Counts: Hashable, Sendable {
        public let questions, answers, authorities, additionals: UInt16
    }

    /// Reads the header at the front of a message.
    public init(from reader: inout DNSReader) throws(DNSDecodeError) {
        self.id = try reader.readUInt16()
        self.flags = try reader.readUInt16()
        self.counts = Counts(
            questions: try reader.readUInt16(),
            answers: try reader.readUInt16(),
            authorities: try reader.readUInt16(),
            additionals: try reader.readUInt16()
        )
    }

    /// QR.
    public var isResponse: Bool { self.has(.response) }
    /// TC.
    public var isTruncated: Bool { self.has(.truncated) }
    /// What the message asks for.
    public var opcode: DNSOpcode { DNSOpcode(lowBitsOf: self.flags >> 11) }
    /// The lower four bits of the response code.
    public var responseCode: DNSResponseCode { DNSResponseCode(lowBitsOf: self.flags & 0xf) }

    func has(_ flag: Flag) -> Bool { self.flags & flag.rawValue != 0 }

    enum Flag: UInt16 {
        case response = 0x8000
        case authoritative = 0x0400
        case truncated = 0x0200
        case recursionDesired = 0x0100
        case recursionAvailable = 0x0080
        case authenticData = 0x0020
        case checkingDisabled = 0x0010
    }
}
