/// Why a text is not a name or an address.
public enum NameError: Error, Hashable, Sendable {
    case empty
    /// The text has more bytes than its kind of name may have.
    case tooLong(byteCount: Int, limit: Int)
    /// A part between two dots is empty, longer than 63 bytes, or holds a character that it must not.
    case label(String)
    /// A user name holds `@`, white space or a control character, or, in an address, anything but a-z, 0-9, `_-.`.
    case username(String)
    /// The text is not `user@host` with exactly one `@` and something on both sides.
    case notAnAddress
    /// The text holds a character outside ASCII.
    case notASCII
    /// A slot is not one of 0...9.
    case slot(Int)
    /// A chunk index is negative.
    case chunkIndex(Int)
}

extension NameError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "the name is empty"
        case .tooLong(let byteCount, let limit): "the name has \(byteCount) bytes; at most \(limit) are allowed"
        case .label(let label): "\(label.debugDescription) can't be a part of a domain name"
        case .username(let name): "\(name.debugDescription) can't be a user name"
        case .notAnAddress: "an address has the form user@host"
        case .notASCII: "the name holds characters outside ASCII"
        case .slot(let slot): "slot \(slot) is not one of 0 to 9"
        case .chunkIndex(let index): "there is no chunk \(index)"
        }
    }
}
