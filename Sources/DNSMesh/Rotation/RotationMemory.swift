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
                cached: "SELECT value FROM succession_records WHERE subject = ?",
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
                    cached: "INSERT OR IGNORE INTO succession_records VALUES (?, ?)",
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
                cached: "INSERT OR IGNORE INTO successors_in_use VALUES (?, ?, ?)",
                arguments: [subject.text, Data(oldKey.bytes), Data(newKey.bytes)]
            )
        }
    }

    /// The keys, and all that were seen in use in the place of one of them.
    func successors(of keys: Set<Ed25519.PublicKey>) async throws -> Set<Ed25519.PublicKey> {
        try await self.reached(from: keys, column: "new_key", by: "old_key")
    }

    /// The key, and all in the place of which it was seen in use.
    func predecessors(of key: Ed25519.PublicKey) async throws -> Set<Ed25519.PublicKey> {
        try await self.reached(from: [key], column: "old_key", by: "new_key")
    }

    private func reached(
        from keys: Set<Ed25519.PublicKey>,
        column: String,
        by other: String
    ) async throws -> Set<Ed25519.PublicKey> {
        guard !keys.isEmpty else { return [] }
        let pairs = try await self.database.read { database in
            try Row.fetchAll(database, cached: "SELECT \(other) AS here, \(column) AS there FROM successors_in_use")
                .map { (Data(try $0.bytes("here")), Data(try $0.bytes("there"))) }
        }
        let steps = Dictionary(grouping: pairs) { $0.0 }
        var reached = keys
        var front = Array(keys)
        while let key = front.popLast() {
            for (_, next) in steps[Data(key.bytes)] ?? [] {
                guard let next = try? Ed25519.PublicKey([UInt8](next)), reached.insert(next).inserted else { continue }
                front.append(next)
            }
        }
        return reached
    }

    /// Whether a contact was seen to use a key that took the place of this one.
    func isAbandoned(_ key: Ed25519.PublicKey, by subject: KeySubject) async throws -> Bool {
        try await self.database.read { database in
            try Bool.fetchOne(
                database,
                cached: "SELECT EXISTS (SELECT 1 FROM successors_in_use WHERE subject = ? AND old_key = ?)",
                arguments: [subject.text, Data(key.bytes)]
            ) ?? false
        }
    }
}
