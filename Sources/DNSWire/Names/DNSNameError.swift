/// Why a text or a list of labels is no domain name. Places count bytes from the start.
public enum DNSNameError: Error, Hashable, Sendable {
    /// No text at all; the root is written `.`.
    case emptyName
    /// Two dots in a row, a dot at the start, or an empty label in a list.
    case emptyLabel(at: Int)
    /// More than 63 bytes between two dots.
    case labelTooLong(at: Int)
    /// More than 255 bytes in message form.
    case nameTooLong
    /// A backslash at the end, before a character that can't be escaped, or before digits that name no byte.
    case badEscape(at: Int)
    /// A space, control character or non-ASCII character that isn't written as `\DDD`.
    case unprintable(at: Int)
}

extension DNSNameError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyName: "the name is empty"
        case .emptyLabel(let place): "empty label at byte \(place)"
        case .labelTooLong(let place): "label of more than 63 bytes at byte \(place)"
        case .nameTooLong: "the name has more than 255 bytes"
        case .badEscape(let place): "bad escape at byte \(place)"
        case .unprintable(let place): "unprintable or non-ASCII character at byte \(place)"
        }
    }
}
