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
/// operation lasts. The entry of a process that died is free again at once, or when that time is over if nobody can tell. A
/// mark that reaches further was made by a clock that was ahead, and doesn't count.
struct Outbox: Sendable {
    let database: StoreDatabase
    let seal: StorageSeal
    var presence: any SendingPresence = SolePresence()

    /// How long an entry stays with the task that took it, in seconds.
    static let busySeconds: UInt64 = 120
    /// How long sending the same text again means the same message, in seconds. Later it is a new one.
    static let sameMessageSeconds: UInt64 = 600

    /// Finds equal messages to the same contact, whatever keys it has, without keeping their text.
    func digest(contact: Contact, body: [UInt8]) -> [UInt8] {
        self.seal.digest(Array(contact.name.utf8) + [0] + body)
    }

    /// Adds a message, as one that this task works on; in place of its earlier sealing, if there was one.
    func add(_ entry: OutboxEntry, digest: [UInt8], now: UnixSeconds) async throws {
        let encoded = try JSONEncoder().encode(entry)
        try await self.database.write { database in
            try database.execute(
                cached: """
                    INSERT OR REPLACE INTO outbox (message_id, digest, entry, expires, attempted, busy_until, owner)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Data(entry.messageID), Data(digest), encoded, Int64(clamping: entry.expires), now.stored,
                    now.adding(Self.busySeconds).stored, self.presence.mark(),
                ]
            )
        }
    }

    /// Takes an equal message that failed a short while ago.
    func takeFailed(_ digest: [UInt8], now: UnixSeconds) async throws -> OutboxEntry? {
        let since = Int64(clamping: now.rawValue) - Int64(Self.sameMessageSeconds)
        return try await self.take("digest = ? AND attempted >= ?", [Data(digest), since], now: now).first?.entry
    }

    /// Notes that a message went out in the background, so that who sends it again on our advice makes no second one.
    func noteSent(_ entry: OutboxEntry, now: UnixSeconds) async throws {
        try await self.database.writeEvenIfCancelled { database in
            try database.execute(
                cached: "UPDATE outbox SET busy_until = ?, expires = MIN(expires, ?) WHERE message_id = ?",
                arguments: [Self.sentMark, now.adding(Self.sameMessageSeconds).stored, Data(entry.messageID)]
            )
        }
    }

    /// Notes that a message may be out, but for keys that its recipient has replaced: who sends it again makes the same
    /// message for the new ones.
    func noteOutdated(_ entry: OutboxEntry, now: UnixSeconds) async throws {
        try await self.database.writeEvenIfCancelled { database in
            try database.execute(
                cached: """
                    UPDATE outbox SET busy_until = ?, attempted = ?, expires = MIN(expires, ?) WHERE message_id = ?
                    """,
                arguments: [
                    Self.outdatedMark, now.stored, now.adding(Self.sameMessageSeconds).stored, Data(entry.messageID),
                ]
            )
        }
    }

    /// What became of an equal message a short while ago.
    enum Earlier: Sendable {
        /// It went out in the background, for the keys that its recipient has.
        case sent(OutboxEntry)
        /// It is out or may be, for keys that its recipient has no more.
        case outdated(MessageID)
    }

    /// Looks for an equal message of a short while ago that is out, or may be; takes it out if it is.
    func takeEarlier(_ digest: [UInt8], for contact: Contact, now: UnixSeconds) async throws -> Earlier? {
        let since = Int64(clamping: now.rawValue) - Int64(Self.sameMessageSeconds)
        let key = contact.encryptionKey.map { Data($0.bytes) }
        return try await self.database.write { database in
            let rows = try Row.fetchAll(
                database,
                cached: """
                    SELECT entry, busy_until = ? AS sent FROM outbox
                    WHERE digest = ? AND attempted BETWEEN ? AND ? AND busy_until >= ?
                    """,
                arguments: [
                    Self.sentMark, Data(digest), since, now.adding(Self.sameMessageSeconds).stored, Self.outdatedMark,
                ]
            )
            var outdated: MessageID?
            for row in rows {
                let encoded = Data(try row.bytes("entry"))
                guard let entry = try? JSONDecoder().decode(OutboxEntry.self, from: encoded) else { continue }
                outdated = try MessageID(entry.messageID)
                guard try row.decode(Bool.self, forColumn: "sent"), entry.recipientKey == key else { continue }
                let id = Data(entry.messageID)
                try database.execute(cached: "DELETE FROM outbox WHERE message_id = ?", arguments: [id])
                return .sent(entry)
            }
            return outdated.map(Earlier.outdated)
        }
    }

    /// In place of the time until which an entry is worked on: it is out, and kept for comparison alone.
    static let sentMark = Int64.max
    /// The same for an entry that may be out, and must not go out again as it is.
    static let outdatedMark = Int64.max - 1

    /// An entry, and its place in the order of the outbox.
    struct Taken: Sendable {
        let place: Int64
        /// `nil` if a crash of the disk has damaged it: it must not keep the others, and goes when it expires.
        let entry: OutboxEntry?
    }

    /// Takes the first message after a place that nobody works on. Others stay free meanwhile, so that none is held by
    /// who ends before its turn.
    func takeWaiting(after place: Int64, now: UnixSeconds) async throws -> Taken? {
        let next = "rowid = (SELECT MIN(rowid) FROM outbox WHERE rowid > ? AND expires >= ? AND \(Self.isFree))"
        return try await self.take(next, [place, now.stored] + Self.freeArguments(now), now: now).first
    }

    /// Nobody works on the entry: the mark has run out, or can't have been made by a clock that was right.
    private static let isFree = "(busy_until < ? OR (busy_until > ? AND busy_until < ?))"

    private static func freeArguments(_ now: UnixSeconds) -> StatementArguments {
        [now.stored, now.adding(Self.busySeconds).stored, Self.outdatedMark]
    }

    /// Gives an entry back, to be tried again: also when its task was cancelled, as the same text would else be a second
    /// message for as long as the entry counts as worked on.
    func release(_ entry: OutboxEntry, now: UnixSeconds) async throws {
        try await self.database.writeEvenIfCancelled { database in
            try database.execute(
                cached: "UPDATE outbox SET busy_until = 0, attempted = ? WHERE message_id = ?",
                arguments: [now.stored, Data(entry.messageID)]
            )
        }
    }

    func remove(_ entry: OutboxEntry) async throws {
        try await self.database.writeEvenIfCancelled { database in
            try database.execute(cached: "DELETE FROM outbox WHERE message_id = ?", arguments: [Data(entry.messageID)])
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
                cached: "SELECT manifest_tried FROM outbox WHERE message_id = ?",
                arguments: [id]
            )
            try database.execute(cached: "UPDATE outbox SET manifest_tried = 1 WHERE message_id = ?", arguments: [id])
            return before ?? false
        }
    }

    private func freeWhatTheDeadHeld(in database: Database) throws {
        let owners = try Int64.fetchAll(
            database,
            cached: "SELECT DISTINCT owner FROM outbox WHERE owner NOT IN (0, ?) AND busy_until BETWEEN 1 AND ?",
            arguments: [self.presence.mark(), Self.outdatedMark - 1]
        )
        for owner in owners where self.presence.isGone(owner) {
            try database.execute(
                cached: "UPDATE outbox SET busy_until = 0 WHERE owner = ? AND busy_until < ?",
                arguments: [owner, Self.outdatedMark]
            )
        }
    }

    private func take(
        _ condition: String,
        _ arguments: StatementArguments,
        now: UnixSeconds
    ) async throws -> [Taken] {
        let rows = try await self.database.write { database in
            let settled = try SettledTime.observe(now, in: database)
            try self.freeWhatTheDeadHeld(in: database)
            try database.execute(cached: "DELETE FROM outbox WHERE expires < ?", arguments: [settled.stored])
            let rows = try Row.fetchAll(
                database,
                cached: """
                    UPDATE outbox SET busy_until = ?, owner = ?
                    WHERE \(Self.isFree) AND expires >= ? AND \(condition) RETURNING rowid AS place, entry
                    """,
                arguments: [now.adding(Self.busySeconds).stored, self.presence.mark()] + Self.freeArguments(now) + [
                    now.stored
                ] + arguments
            )
            return try rows.map { (try $0.decode(Int64.self, forColumn: "place"), Data(try $0.bytes("entry"))) }
        }
        return rows.map { Taken(place: $0.0, entry: try? JSONDecoder().decode(OutboxEntry.self, from: $0.1)) }
    }
}
