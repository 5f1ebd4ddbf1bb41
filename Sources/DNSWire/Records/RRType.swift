/// What kind of data a record holds, or a question asks for (RFC 1035, 3.2.2 and 3.2.3; numbers from IANA).
public struct RRType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address.
    public static let a = RRType(rawValue: 1)
    /// A name server of a zone.
    public static let ns = RRType(rawValue: 2)
    /// Another name of the same thing.
    public static let cname = RRType(rawValue: 5)
    /// The start of a zone of authority.
    public static let soa = RRType(rawValue: 6)
    /// Text strings.
    public static let txt = RRType(rawValue: 16)
    /// An IPv6 address (RFC 3596).
    public static let aaaa = RRType(rawValue: 28)
    /// EDNS (RFC 6891).
    public static let opt = RRType(rawValue: 41)
    /// A signature of the whole message (RFC 8945).
    public static let tsig = RRType(rawValue: 250)
    /// The changes of a zone; only in questions (RFC 1995).
    public static let ixfr = RRType(rawValue: 251)
    /// A whole zone; only in questions (RFC 5936).
    public static let axfr = RRType(rawValue: 252)
    /// Any type; only in questions and updates.
    public static let any = RRType(rawValue: 255)
}

extension RRType: CustomStringConvertible {
    /// The mnemonic, or `TYPE65280` (RFC 3597, section 5).
    public var description: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .opt: "OPT"
        case .tsig: "TSIG"
        case .ixfr: "IXFR"
        case .axfr: "AXFR"
        case .any: "ANY"
        default: "TYPE\(self.rawValue)"
        }
    }
}
