public import DMPCrypto
public import DMPProtocol
import Foundation

/// A message of somebody who is no contact. It waits until the user has decided.
public struct Intro: Hashable, Sendable, Identifiable {
    /// The intro's number in this queue; never used again.
    public let id: Int64
    /// The key that signed the manifest.
    public let senderKey: Ed25519.PublicKey
    /// The id that its sender gave it, 16 bytes.
    public let messageID: MessageID
    /// When the message would have expired in the mailbox.
    public let expires: UnixSeconds
    let content: IntroContent

    /// An address at which an identity record with ``senderKey`` was found; `nil` if none is known.
    public var verifiedAddress: String? { self.content.message.address }
    /// What the sender wrote.
    public var body: [UInt8] { [UInt8](self.content.message.body) }
    /// The body as text, or `nil` if it isn't UTF-8.
    public var text: String? { String(validating: self.body, as: UTF8.self) }
    /// When the sender says it was sent.
    public var sentAt: UnixSeconds { UnixSeconds(rawValue: self.content.message.sentAt) }
    /// When it was decrypted here.
    public var receivedAt: UnixSeconds { UnixSeconds(rawValue: self.content.message.receivedAt) }
    /// Whether it was sealed for a one-time prekey; false also where the Python client has received it.
    public var isForwardSecret: Bool { self.content.message.forwardSecret }
    /// The zone in which it was found, and in which its sender publishes.
    public var zone: String { self.content.message.zone }

    /// The message as it goes into the inbox.
    func draft(contact: Contact?, trust: TrustReason) -> MessageDraft {
        var content = self.content.message
        content.contact = contact?.name
        content.trust = trust.rawValue
        return MessageDraft(
            senderKey: self.senderKey,
            messageID: self.messageID,
            expires: self.expires,
            content: content
        )
    }
}

/// What an intro holds, as it is sealed on disk.
struct IntroContent: Hashable, Sendable, Codable {
    var message: MessageContent
    /// The user id that the message names as its author, 32 bytes; `nil` where the Python client has received it.
    var author: Data?
}

/// A sender from whom nothing is accepted.
public struct BlockedSender: Hashable, Sendable {
    /// The key whose messages are refused.
    public let senderKey: Ed25519.PublicKey
    /// When it was blocked.
    public let blocked: UnixSeconds
    /// What the user noted about it.
    public let note: String
}
