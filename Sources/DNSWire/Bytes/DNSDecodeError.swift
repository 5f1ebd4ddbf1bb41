/// Why bytes are no DNS message. Places count bytes from the start of the message.
public enum DNSDecodeError: Error, Hashable, Sendable {
    /// The message ends before what it announced. Some servers cut answers like this: a reason to ask again over TCP.
    case truncated(at: Int)
    /// More than 65,535 bytes.
    case messageTooLong
    /// Bytes after the last record.
    case trailingBytes(at: Int)
    /// A compression pointer that aims at itself or forward.
    case pointerNotBackward(at: Int)
    /// A label type other than "label" and "pointer".
    case reservedLabel(at: Int)
    /// A name of more than 255 bytes.
    case nameTooLong(at: Int)
    /// RDATA that is shorter than what its record type needs, an EDNS option or string that leaves it.
    case rdataTooShort(at: Int)
    /// RDATA with bytes left over after what its record type needs.
    case rdataTooLong(at: Int)
    /// An OPT record outside the additional section, or with an owner name (RFC 6891, 6.1).
    case misplacedOPT(at: Int)
    /// A second OPT record.
    case repeatedOPT(at: Int)
    /// A TSIG record that isn't the last of the message, or whose class is not ANY or TTL not 0 (RFC 8945, 4.2 and 5.1).
    case misplacedTSIG(at: Int)
}

extension DNSDecodeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let place): "message ends early, at byte \(place)"
        case .messageTooLong: "message of more than 65535 bytes"
        case .trailingBytes(let place): "bytes after the message, from byte \(place)"
        case .pointerNotBackward(let place): "name pointer that doesn't go backward, at byte \(place)"
        case .reservedLabel(let place): "unknown kind of label at byte \(place)"
        case .nameTooLong(let place): "name of more than 255 bytes at byte \(place)"
        case .rdataTooShort(let place): "record data too short at byte \(place)"
        case .rdataTooLong(let place): "record data too long at byte \(place)"
        case .misplacedOPT(let place): "misplaced OPT record at byte \(place)"
        case .repeatedOPT(let place): "second OPT record at byte \(place)"
        case .misplacedTSIG(let place): "misplaced or malformed TSIG record at byte \(place)"
        }
    }
}
