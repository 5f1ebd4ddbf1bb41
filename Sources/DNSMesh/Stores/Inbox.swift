import DMPCrypto
package import DMPProtocol
import Foundation
package import GRDB

/// The received messages, each sealed under a key of the identity.
///
/// Invariant: what the user was shown is what is on disk; a message is in the inbox before anybody is handed it.
public actor Inbox {
    private let database: DatabaseQueue
    private let seal: StorageSeal

    package init(database: DatabaseQueue, keys: IdentityKeys) throws {
        self.database = database
        self.seal = try StorageSeal(keys: keys, label: "inbox")
    }

    /// All messages, oldest first.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func list() async throws -> [ReceivedMessage] {
        try await self.messages(where: "1", [])
    }

    /// The message of that number, or `nil`.
    public func message(_ id: Int64) async throws -> ReceivedMessage? {
        try await self.messages(where: "id = ?", [id]).first
    }

    /// Messages that nobody has acknowledged, oldest first: after a crash these are handed out again.
    public func waiting() async throws -> [ReceivedMessage] {
        try await self.messages(where: "acknowledged = 0", [])
    }

    /// Notes that messages reached their reader.
    public func acknowledge(_ messages: some Sequence<ReceivedMessage> & Sendable) async throws {
        let ids = messages.map(\.id)
        guard !ids.isEmpty else { return }
        try await self.database.write { database in
            for id in ids {
                try database.execute(sql: "UPDATE inbox SET acknowledged = 1 WHERE id = ?", arguments: [id])
            }
        }
    }

    /// Stores a message, marks it as seen, and notes that its prekey is spent, in one transaction.
    ///
    /// - Returns: The message with its number, or `nil` if it was stored before.
    func store(_ draft: MessageDraft, prekey: SpentPrekey?) async throws -> ReceivedMessage? {
        let sender = Data(draft.senderKey.bytes)
        let message = Data(draft.messageID.bytes)
        let sealed = Data(try self.seal.seal(try JSONEncoder().encode(draft.content), for: draft.context))
        let id = try await self.database.write { database -> Int64? in
            try database.execute(
                sql: "INSERT OR IGNORE INTO inbox (sender_key, message_id, sealed) VALUES (?, ?, ?)",
                arguments: [sender, message, sealed]
            )
            let id = database.changesCount > 0 ? database.lastInsertedRowID : nil
            let key = ReplayCache.Key(sender: draft.senderKey, message: draft.messageID)
            try ReplayCache.insert(key, expires: draft.expires, into: database)
            if let prekey { try prekey.insert(into: database) }
            return id
        }
        return id.map {
            ReceivedMessage(id: $0, senderKey: draft.senderKey, messageID: draft.messageID, content: draft.content)
        }
    }

    private func messages(where condition: String, _ arguments: StatementArguments) async throws -> [ReceivedMessage] {
        let entries = try await self.database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT id, sender_key, message_id, sealed FROM inbox WHERE \(condition) ORDER BY id",
                arguments: arguments
            ).map(SealedEntry.init)
        }
        return try entries.map { entry in
            let sender = try Ed25519.PublicKey(entry.sender)
            let messageID = try MessageID(entry.messageID)
            let bytes = try self.seal.open(entry.sealed, for: sender.bytes + messageID.bytes)
            let content = try JSONDecoder().decode(MessageContent.self, from: Data(bytes))
            return ReceivedMessage(id: entry.id, senderKey: sender, messageID: messageID, content: content)
        }
    }

    private struct SealedEntry: Sendable {
        let id: Int64
        let sender: [UInt8]
        let messageID: [UInt8]
        let sealed: [UInt8]

        init(_ row: Row) {
            self.id = row["id"]
            self.sender = [UInt8](row["sender_key"] as Data)
            self.messageID = [UInt8](row["message_id"] as Data)
            self.sealed = [UInt8](row["sealed"] as Data)
        }
    }
}

/// A prekey whose message is being stored, and the value to withdraw from the network.
struct SpentPrekey: Sendable {
    let id: Prekey.ID
    let withdrawal: Withdrawal?

    func insert(into database: Database) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO spent_prekeys VALUES (?)",
            arguments: [Int64(self.id.rawValue)]
        )
        try self.withdrawal?.insert(into: database)
    }
}
