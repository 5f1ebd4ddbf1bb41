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

    /// A value and the name at which it is to be published.
    struct PlannedRecord: Sendable, Codable {
        let owner: String
        let value: Data
    }
}

/// Messages that are on their way.
struct Outbox: Sendable {
    let database: DatabaseQueue
    let seal: StorageSeal

    /// Finds equal messages to the same contact without keeping their text.
    func digest(contact: Contact, body: [UInt8]) -> [UInt8] {
        let recipient = contact.encryptionKey?.bytes ?? []
        return self.seal.digest(recipient + Array(contact.name.utf8) + [0] + body)
    }

    func put(_ entry: OutboxEntry, digest: [UInt8]) async throws {
        let encoded = try JSONEncoder().encode(entry)
        try await self.database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?)",
                arguments: [Data(digest), encoded, Int64(clamping: entry.expires)]
            )
        }
    }

    /// The entry of an equal message that is still alive, if one is waiting.
    func entry(_ digest: [UInt8], now: UnixSeconds) async throws -> OutboxEntry? {
        try await self.waiting(now: now).first { $0.digest == digest }?.entry
    }

    /// All messages that wait for their manifest to be acknowledged. Expired ones are dropped.
    func waiting(now: UnixSeconds) async throws -> [(digest: [UInt8], entry: OutboxEntry)] {
        let rows = try await self.database.write { database in
            try database.execute(
                sql: "DELETE FROM outbox WHERE expires < ?",
                arguments: [Int64(clamping: now.rawValue)]
            )
            return try Row.fetchAll(database, sql: "SELECT digest, entry FROM outbox").map { row in
                (digest: row["digest"] as Data, entry: row["entry"] as Data)
            }
        }
        return try rows.map { row in
            ([UInt8](row.digest), try JSONDecoder().decode(OutboxEntry.self, from: row.entry))
        }
    }

    func remove(_ digest: [UInt8]) async throws {
        try await self.database.write { database in
            try database.execute(sql: "DELETE FROM outbox WHERE digest = ?", arguments: [Data(digest)])
        }
    }
}
