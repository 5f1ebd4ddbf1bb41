import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// What was ever seen of the rotations of contacts, so that who hides the records later hides nothing.
struct RotationMemory: Sendable {
    let database: StoreDatabase

    /// The records that were remembered for a subject. Each is verified again.
    func records(of subject: KeySubject, now: UnixSeconds) async throws -> SuccessionRecords {
        let values = try await self.database.read { database in
            try Data.fetchAll(
                database,
                sql: "SELECT value FROM succession_records WHERE subject = ?",
                arguments: [subject.text]
            )
        }
        return SuccessionRecords(values.map { TXTValue([UInt8]($0)) }, of: subject, now: now)
    }

    func remember(_ records: SuccessionRecords, of subject: KeySubject) async throws {
        let values = records.values.map { Data($0.bytes) }
        guard !values.isEmpty else { return }
        try await self.database.write { database in
            for value in values {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO succession_records VALUES (?, ?)",
                    arguments: [subject.text, value]
                )
            }
        }
    }

    /// Notes that a contact was seen to use the key that took the place of another.
    func noteUse(of newKey: Ed25519.PublicKey, replacing oldKey: Ed25519.PublicKey, by subject: KeySubject) async throws
    {
        try await self.database.write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO successors_in_use VALUES (?, ?, ?)",
                arguments: [subject.text, Data(oldKey.bytes), Data(newKey.bytes)]
            )
        }
    }

    /// Whether a contact was seen to use a key that took the place of this one.
    func isAbandoned(_ key: Ed25519.PublicKey, by subject: KeySubject) async throws -> Bool {
        try await self.database.read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM successors_in_use WHERE subject = ? AND old_key = ?)",
                arguments: [subject.text, Data(key.bytes)]
            ) ?? false
        }
    }
}
