import DMPCrypto
package import DMPProtocol
import Foundation
import GRDB
package import Logging

/// The received messages, each sealed under a key of the identity.
///
/// Invariant: what the user was shown is what is on disk; a message is in the inbox before anybody is handed it.
public actor Inbox {
    private let database: StoreDatabase
    private let seal: StorageSeal
    private let logger: Logger

    package init(database: StoreDatabase, keys: IdentityKeys, logger: Logger) throws {
        self.database = database
        self.seal = try StorageSeal(keys: keys, label: SealedMessages.inbox.label)
        self.logger = logger
    }

    /// All messages, in the order in which they were sent; those of one second in the order in which they came.
    ///
    /// Entries that were sealed under another identity, or are damaged, are left out, and a warning counts them.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func list() async throws -> [ReceivedMessage] {
        try await self.messages(where: "1", []).sorted(by: Self.sentEarlier)
    }

    /// The message of that number, or `nil`.
    public func message(_ id: Int64) async throws -> ReceivedMessage? {
        try await self.messages(where: "id = ?", [id]).first
    }

    /// Messages that nobody has acknowledged, in the order of ``list()``: after a crash these are handed out again.
    public func waiting() async throws -> [ReceivedMessage] {
        try await self.messages(where: "acknowledged = 0", []).sorted(by: Self.sentEarlier)
    }

    /// Hands out the messages that nobody has acknowledged, to this caller alone.
    func takeWaiting() async throws -> [ReceivedMessage] {
        let opening = self.seal
        let messages = try await self.database.write { database in
            let entries = try SealedEntry.fetch(from: database, where: "acknowledged = 0")
            let messages = entries.compactMap { try? $0.opened(by: opening) }
            for message in messages { try Self.acknowledge(message.id, in: database) }
            return messages
        }
        return messages.sorted(by: Self.sentEarlier)
    }

    /// Notes that messages reached their reader.
    public func acknowledge(_ messages: some Sequence<ReceivedMessage> & Sendable) async throws {
        let ids = messages.map(\.id)
        guard !ids.isEmpty else { return }
        try await self.database.write { database in
            for id in ids { try Self.acknowledge(id, in: database) }
        }
    }

    /// Stores a message, marks it as seen, notes that its prekey is spent, and removes the intro that it was, in one
    /// transaction.
    ///
    /// - Returns: The message with its number, or `nil` if it was stored before.
    func store(
        _ draft: MessageDraft,
        prekey: SpentPrekey?,
        clearing intro: Int64? = nil
    ) async throws -> ReceivedMessage? {
        let sender = Data(draft.senderKey.bytes)
        let message = Data(draft.messageID.bytes)
        let sealed = Data(try self.seal.seal(try JSONEncoder().encode(draft.content), for: draft.context))
        let id = try await self.database.write { database -> Int64? in
            try database.execute(
                cached: "INSERT OR IGNORE INTO inbox (sender_key, message_id, sealed) VALUES (?, ?, ?)",
                arguments: [sender, message, sealed]
            )
            let id = database.changesCount > 0 ? database.lastInsertedRowID : nil
            let key = ReplayCache.Key(sender: draft.senderKey, message: draft.messageID)
            try ReplayCache.insert(key, expires: draft.expires, into: database)
            if let prekey { try prekey.insert(into: database) }
            if let intro { try database.execute(cached: "DELETE FROM intros WHERE id = ?", arguments: [intro]) }
            return id
        }
        return id.map {
            ReceivedMessage(id: $0, senderKey: draft.senderKey, messageID: draft.messageID, content: draft.content)
        }
    }

    /// Whether a message of that id and that ciphertext was stored under another signer's name: then one of the two is a
    /// copy. An id alone proves nothing, as anybody can read it in the mailbox and use it for a message of their own.
    func holdsCopy(
        of message: MessageID,
        digest: Data,
        notFrom sender: Ed25519.PublicKey
    ) async throws -> Bool {
        let condition = "message_id = ? AND sender_key <> ?"
        let others = try await self.messages(where: condition, [Data(message.bytes), Data(sender.bytes)])
        return others.contains { $0.content.digest == nil || $0.content.digest == digest }
    }

    static func holds(_ draft: MessageDraft, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            cached: "SELECT EXISTS (SELECT 1 FROM inbox WHERE sender_key = ? AND message_id = ?)",
            arguments: [Data(draft.senderKey.bytes), Data(draft.messageID.bytes)]
        ) ?? false
    }

    private static func acknowledge(_ id: Int64, in database: Database) throws {
        try database.execute(cached: "UPDATE inbox SET acknowledged = 1 WHERE id = ?", arguments: [id])
    }

    private static func sentEarlier(_ left: ReceivedMessage, _ right: ReceivedMessage) -> Bool {
        (left.sentAt, left.receivedAt, left.id) < (right.sentAt, right.receivedAt, right.id)
    }

    private func messages(where condition: String, _ arguments: StatementArguments) async throws -> [ReceivedMessage] {
        let entries = try await self.database.read { database in
            try SealedEntry.fetch(from: database, where: condition, arguments)
        }
        let messages = entries.compactMap { try? $0.opened(by: self.seal) }
        if messages.count < entries.count {
            self.logger.warning(
                "\(entries.count - messages.count) inbox entries can't be opened: damaged, or of another identity"
            )
        }
        return messages
    }
}

/// A row of the inbox.
private struct SealedEntry: Sendable {
    let id: Int64
    let sender: [UInt8]
    let messageID: [UInt8]
    let sealed: [UInt8]

    static func fetch(
        from database: Database,
        where condition: String,
        _ arguments: StatementArguments = []
    ) throws -> [SealedEntry] {
        let sql = "SELECT id, sender_key, message_id, sealed FROM inbox WHERE \(condition) ORDER BY id"
        return try Row.fetchAll(database, cached: sql, arguments: arguments).map { row in
            SealedEntry(
                id: try row.decode(Int64.self, forColumn: "id"),
                sender: try row.bytes("sender_key"),
                messageID: try row.bytes("message_id"),
                sealed: try row.bytes("sealed")
            )
        }
    }

    func opened(by seal: StorageSeal) throws -> ReceivedMessage {
        let sender = try Ed25519.PublicKey(self.sender)
        let messageID = try MessageID(self.messageID)
        let bytes = try seal.open(self.sealed, for: sender.bytes + messageID.bytes)
        let content = try JSONDecoder().decode(MessageContent.self, from: Data(bytes))
        return ReceivedMessage(id: self.id, senderKey: sender, messageID: messageID, content: content)
    }
}

/// A prekey whose message is being stored, and the value to withdraw from the network.
struct SpentPrekey: Sendable {
    let id: Prekey.ID
    let withdrawal: Withdrawal?
    let spent: UnixSeconds
    /// The private half stays until then: another message that was copied may need it.
    let keepUntil: UnixSeconds

    func insert(into database: Database) throws {
        try database.execute(
            cached: """
                INSERT INTO spent_prekeys VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET keep_until = MAX(keep_until, excluded.keep_until)
                """,
            arguments: [Int64(self.id.rawValue), self.spent.stored, self.keepUntil.stored]
        )
        guard let withdrawal = self.withdrawal else { return }
        try withdrawal.insert(into: database)
        try PrekeyMirrors.withdraw(withdrawal.value, in: database)
    }
}
