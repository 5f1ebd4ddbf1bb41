/// The class of a record or question (RFC 1035, 3.2.4; RFC 2136, 1.3).
public struct RRClass: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The Internet.
    public static let `in` = RRClass(rawValue: 1)
    /// Chaos, used for questions about a server itself.
    public static let ch = RRClass(rawValue: 3)
    /// Hesiod.
    public static let hs = RRClass(rawValue: 4)
    /// "Delete this record" in an update.
    public static let none = RRClass(rawValue: 254)
    /// Any class in a question; "delete this record set" in an update.
    public static let any = RRClass(rawValue: 255)
}

extension RRClass: CustomStringConvertible {
    /// The mnemonic, or `CLASS65280` (RFC 3597, section 5).
    public var description: String {
        switch self {
        case .in: "IN"
        case .ch: "CH"
        case .hs: "HS"
        case .none: "NONE"
        case .any: "ANY"
        default: "CLASS\(self.rawValue)"
        }
    }
}
