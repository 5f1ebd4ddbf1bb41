public import DMPCrypto

/// Why a message can't be made, or can't be read.
public enum MessageError: Error, Hashable, Sendable {
    // MARK: Sending

    /// The text, envelope included, is longer than a message can be. Both counts are bytes of text.
    case tooLong(byteCount: Int, limit: Int)
    /// The time of sending, the life or their sum does not fit 64 bits with sign.
    case timeOutOfRange
    /// The recipient's key, or one of ours, can't be used.
    case crypto(CryptoError)

    // MARK: Putting together

    /// Fewer chunks are here than it takes.
    case tooFewChunks(have: Int, need: Int)
    /// The chunks do not join to bytes of a message, although each has the hash in the manifest.
    case chunksDoNotJoin

    // MARK: Outer message

    /// The header length runs past the end.
    case truncated
    /// The header is not a JSON object.
    case header(HeaderFault)
    /// A member of the header is missing, or is not of its type or length.
    case headerField(HeaderField)

    // MARK: Opening

    /// The header names another message than the manifest.
    case otherMessageID
    /// The header names another recipient than the manifest.
    case otherRecipient
    /// The time of sending plus the life in the header has passed.
    case expired
    /// The payload is too short for a key and a nonce.
    case payloadTooShort(Int)
    /// The payload was not sealed for this key, this header and this prekey id.
    case undecipherable

    /// What is wrong with the text of a header.
    public enum HeaderFault: Hashable, Sendable {
        case notUTF8
        case notAnObject
        case syntax
        case tooDeep
    }

    /// A member of the header.
    public enum HeaderField: String, Hashable, Sendable {
        case version = "v"
        case type
        case messageID = "msg_id"
        case sender
        case recipient
        case total
        case chunk
        case timestamp = "ts"
        case ttl
    }
}
