public import DMPCrypto
public import DMPProtocol
import Foundation

/// A message that was decrypted and lies in the inbox.
public struct ReceivedMessage: Hashable, Sendable, Identifiable {
    /// The message's number in this inbox.
    public let id: Int64
    /// The key that signed the manifest. This, and nothing in the message, proves who sent it.
    public let senderKey: Ed25519.PublicKey
    /// The id that its sender gave it, 16 bytes.
    public let messageID: MessageID
    let content: MessageContent

    /// The name of the contact that was pinned to ``senderKey`` when the message came; `nil` on first use.
    public var contact: String? { self.content.contact }
    /// An address at which an identity record with ``senderKey`` was found; `nil` if none is known.
    public var verifiedAddress: String? { self.content.address }
    /// What the sender wrote.
    public var body: [UInt8] { [UInt8](self.content.body) }
    /// The body as text, or `nil` if it isn't UTF-8.
    public var text: String? { String(validating: self.body, as: UTF8.self) }
    /// When the sender says it was sent.
    public var sentAt: UnixSeconds { UnixSeconds(rawValue: self.content.sentAt) }
    /// When it was decrypted here.
    public var receivedAt: UnixSeconds { UnixSeconds(rawValue: self.content.receivedAt) }
    /// Whether the message was sealed for a one-time prekey, so that it stays secret when the identity's key leaks.
    public var isForwardSecret: Bool { self.content.forwardSecret }
    /// Why the message was delivered.
    public var trust: TrustReason {
        // Entries of versions that kept no reason hold a contact's name or were delivered on first use.
        self.content.trust.flatMap(TrustReason.init) ?? (self.content.contact == nil ? .firstUse : .pinned)
    }
    /// The zone in which the message was found.
    public var zone: String { self.content.zone }
}

/// What an inbox entry holds, as it is sealed on disk.
struct MessageContent: Hashable, Sendable, Codable {
    var contact: String?
    var address: String?
    /// `Data`, so that JSON holds it as base64.
    var body: Data
    var sentAt: UInt64
    var receivedAt: UInt64
    var forwardSecret: Bool
    var zone: String
    /// The raw value of a ``TrustReason``.
    var trust: String?
    /// SHA-256 of the ciphertext: what a copy under another signature shares with the original.
    var digest: Data?
}

/// A decrypted message on its way into the inbox.
struct MessageDraft: Sendable {
    let senderKey: Ed25519.PublicKey
    let messageID: MessageID
    let expires: UnixSeconds
    let content: MessageContent

    /// What the sealed entry is bound to.
    var context: [UInt8] { self.senderKey.bytes + self.messageID.bytes }
}
