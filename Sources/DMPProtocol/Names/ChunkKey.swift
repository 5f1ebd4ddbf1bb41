public import DMPCrypto

/// What the names of a message's chunks have in common. Sender and recipient both compute it from the manifest.
public struct ChunkKey: Hashable, Sendable {
    /// The first 12 digits of SHA-256(message id ‖ recipient id ‖ sender's Ed25519 key).
    public let label: String

    /// The key of one message between two users.
    public init(message: MessageID, recipient: UserID, sender: Ed25519.PublicKey) {
        let digest = SHA256.hash(message.bytes + recipient.bytes + sender.bytes)
        self.label = Hexadecimal.encode(digest.prefix(6))
    }
}
