import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// The sealed records of one message, kept until its manifest is acknowledged.
///
/// They are published as they are however often it takes: a retry sends the same bytes and never a second message.
struct OutboxEntry: Sendable, Codable {
    let contact: String
    let messageID: [UInt8]
    let chunks: [PlannedRecord]
    let manifest: PlannedRecord
    let neededChunkCount: Int
    let expires: UInt64
    let lifetime: UInt64
    let prekey: UInt32?
    let noPrekeyReason: SendReceipt.ForwardSecrecy.Reason?
    let carriesAddress: Bool
    /// The key that the recipient had as its own; entries of earlier versions don't say it.
    var recipientKey: Data?

    /// A value and the name at which it is to be published.
    struct PlannedRecord: Sendable, Codable {
        let owner: String
        let value: Data
    }
}

/// Messages that are on their way.
///
/// An entry is worked on by one task of one process at a time: who takes it marks it as busy, for longer than any
/// operation lasts, so that the entry of a process that died is free again soon.
struct Outbox: Sendable {
    let database: StoreDatabase
    let seal: StorageSeal

    /// How long an entry stays with the task that took it, in seconds.
    static let busySeconds: UInt64 = 120
    /// How long sending the same text again means the same message, in seconds. Later it is a new one.
    static let sameMessageSeconds: UInt64 = 600

    /// Finds equal messages to the same contact without keeping their text.
    func digest(contact: Contact, body: [UInt8]) -> [UInt8] {
        let recipient = contact.encryptionKey?.bytes ?? []
        return self.seal.digest(recipient + Array(contact.name.utf8) + [0] + body)
    }

    /// Adds a message, as one that this task works on.
    func add(_ entry: OutboxEntry, digest: [UInt8], now: UnixSeconds) async throws {
        let encoded = try JSONEncoder().encode(entry)
        try await self.database.write { database in
            try database.execute(
                sql: "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, 0)",
                arguments: [
                    Data(entry.messageID), Data(digest), encoded, Int64(clamping: entry.expires), now.stored,
                    now.adding(Self.busySeconds).stored,
                ]
            )
        }
    }

    /// Takes an equal message that failed a short while ago.
    func takeFailed(_ digest: [UInt8], now: UnixSeconds) async throws -> OutboxEntry? {
        let since = Int64(clamping: now.rawValue) - Int64(Self.sameMessageSeconds)
        return try await self.take("digest = ? AND attempted >= ?", [Data(digest), since], now: now).first
    }

    /// Notes that a message went out in the background, so that who sends it again on our advice makes no second one.
    func noteSent(_ entry: OutboxEntry, now: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE outbox SET busy_until = ?, expires = MIN(expires, ?) WHERE message_id = ?",
                arguments: [Self.sentMark, now.adding(Self.sameMessageSeconds).stored, Data(entry.messageID)]
            )
        }
    }

    /// Takes out an equal message that went out in the background a short while ago.
    func takeSent(_ digest: [UInt8], now: UnixSeconds) async throws -> OutboxEntry? {
        let since = Int64(clamping: now.rawValue) - Int64(Self.sameMessageSeconds)
        let encoded = try await self.database.write { database in
            try Data.fetchAll(
                database,
                sql: "DELETE FROM outbox WHERE digest = ? AND attempted >= ? AND busy_until = ? RETURNING entry",
                arguments: [Data(digest), since, Self.sentMark]
            )
        }
        return encoded.first.flatMap { try? JSONDecoder().decode(OutboxEntry.self, from: $0) }
    }

    /// In place of the time until which an entry is worked on: it is out, and kept for comparison alone.
    static let sentMark = Int64.max

    /// Takes all messages that nobody works on.
    func takeWaiting(now: UnixSeconds) async throws -> [OutboxEntry] {
        try await self.take("1", [], now: now)
    }

    /// Gives an entry back, to be tried again.
    func release(_ entry: OutboxEntry, now: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE outbox SET busy_until = 0, attempted = ? WHERE message_id = ?",
                arguments: [now.stored, Data(entry.messageID)]
            )
        }
    }

    func remove(_ entry: OutboxEntry) async throws {
        try await self.database.write { database in
            try database.execute(sql: "DELETE FROM outbox WHERE message_id = ?", arguments: [Data(entry.messageID)])
        }
    }

    /// Notes that the manifest may be out from now on, so that the chunks must stay.
    ///
    /// - Returns: Whether that was so before.
    func markManifestTried(_ entry: OutboxEntry) async throws -> Bool {
        try await self.database.write { database in
            let id = Data(entry.messageID)
            let before = try Bool.fetchOne(
                database,
                sql: "SELECT manifest_tried FROM outbox WHERE message_id = ?",
                arguments: [id]
            )
            try database.execute(sql: "UPDATE outbox SET manifest_tried = 1 WHERE message_id = ?", arguments: [id])
            return before ?? false
        }
    }

    private func take(
        _ condition: String,
        _ arguments: StatementArguments,
        now: UnixSeconds
    ) async throws -> [OutboxEntry] {
        let encoded = try await self.database.write { database in
            let settled = try SettledTime.observe(now, in: database)
            try database.execute(sql: "DELETE FROM outbox WHERE expires < ?", arguments: [settled.stored])
            let rows = try Row.fetchAll(
                database,
                sql: """
                    UPDATE outbox SET busy_until = ?
                    WHERE busy_until < ? AND expires >= ? AND \(condition) RETURNING entry
                    """,
                arguments: [now.adding(Self.busySeconds).stored, now.stored, now.stored] + arguments
            )
            return try rows.map { Data(try $0.bytes("entry")) }
        }
        // A row that a crash of the disk has damaged must not keep the others; it goes when it expires.
        return encoded.compactMap { try? JSONDecoder().decode(OutboxEntry.self, from: $0) }
    }
}
