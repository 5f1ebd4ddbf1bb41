public import DMPProtocol

/// What became of a message that was sent.
public struct SendReceipt: Hashable, Sendable {
    /// The id that the recipient sees too.
    public let messageID: MessageID
    /// The contact's name.
    public let contact: String
    /// How many chunks were published.
    public let chunkCount: Int
    /// How many of the chunks are enough to read the message.
    public let neededChunkCount: Int
    /// What it was sealed for.
    public let forwardSecrecy: ForwardSecrecy
    /// Whether the message tells the recipient its sender's address.
    public let carriesAddress: Bool
    /// When receivers stop accepting it.
    public let expires: UnixSeconds
    /// The lifetime in seconds; shorter than asked for where the node allows less.
    public let lifetime: UInt64
    /// Whether records of an earlier, interrupted attempt at the same message were used.
    public let resumed: Bool
    /// What the sender should know beside.
    public let warnings: [SendWarning]

    /// Whether the message stays secret when the recipient's long-term key leaks later.
    public enum ForwardSecrecy: Hashable, Sendable {
        /// Sealed for a one-time key of the recipient.
        case prekey(id: UInt32)
        /// Sealed for the recipient's long-term key.
        case none(Reason)

        /// Why no one-time key was used.
        public enum Reason: String, Hashable, Sendable, Codable {
            /// The contact's signing key isn't pinned, so that its prekeys can't be checked.
            case notPinned
            /// The contact has published none.
            case nonePublished
            /// All that are published were used for earlier messages to this contact, or don't verify.
            case noneUsable
            /// The prekeys could not be asked for.
            case unavailable
        }
    }
}
