package import DMPCrypto
package import DMPProtocol
import Foundation
package import GRDB

/// The private halves of the own prekeys.
///
/// Invariant: a private half is never lost before its message is stored, and is gone once it is.
package actor PrekeyStore {
    /// How long a private half works after its record has expired: a message sent at the last moment may live a day.
    static let graceSeconds: UInt64 = 86_400 + 300

    private let database: DatabaseQueue

    package init(database: DatabaseQueue) {
        self.database = database
    }

    /// A private half, with the TXT value under which its public half was published.
    package final class Secret: Sendable {
        package let key: X25519.SecretKey
        package let published: TXTValue?

        init(key: consuming X25519.SecretKey, published: TXTValue?) {
            self.key = key
            self.published = published
        }
    }

    /// Makes `count` prekeys and stores their private halves, not yet published.
    func generate(_ count: Int, expires: UnixSeconds, now: UnixSeconds) async throws -> [Prekey] {
        var rows: [(prekey: Prekey, secret: Data)] = []
        var taken = try await self.takenIDs()
        while rows.count < count {
            let id = Prekey.ID.random()
            guard taken.insert(id.rawValue).inserted else { continue }
            let secret = X25519.SecretKey.random()
            let prekey = Prekey(id: id, publicKey: secret.publicKey, expires: expires)
            rows.append((prekey, secret.withBytes { span in Data(span.indices.map { span[$0] }) }))
        }
        let inserts = rows
        try await self.database.write { database in
            for row in inserts {
                try database.execute(
                    sql: """
                        INSERT INTO prekeys (prekey_id, private_key, public_key, exp, created_at, wire_record)
                        VALUES (?, ?, ?, ?, ?, '')
                        """,
                    arguments: [
                        Int64(row.prekey.id.rawValue), row.secret, Data(row.prekey.publicKey.bytes),
                        Int64(clamping: expires.rawValue),
                        Int64(clamping: now.rawValue),
                    ]
                )
            }
        }
        return inserts.map(\.prekey)
    }

    /// Notes the TXT value under which a prekey went out, so that it can be withdrawn later.
    func markPublished(_ id: Prekey.ID, as value: TXTValue) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE prekeys SET wire_record = ? WHERE prekey_id = ?",
                arguments: [value.text, Int64(id.rawValue)]
            )
        }
    }

    /// Finds the private half, or `nil` if it was never here, was used, or is too old.
    func secret(_ id: Prekey.ID, now: UnixSeconds) async throws -> Secret? {
        let oldest = Int64(clamping: now.rawValue) - Int64(Self.graceSeconds)
        let found = try await self.database.read { database -> (key: [UInt8], wire: String)? in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT private_key, wire_record FROM prekeys WHERE prekey_id = ? AND exp > ?",
                arguments: [Int64(id.rawValue), oldest]
            )
            guard let row, let key = row["private_key"] as Data? else { return nil }
            return ([UInt8](key), (row["wire_record"] as String?) ?? "")
        }
        guard let found else { return nil }
        let key = try X25519.SecretKey(SecretBytes(copying: found.key))
        return Secret(key: key, published: found.wire.isEmpty ? nil : TXTValue(found.wire))
    }

    /// Deletes private halves: used ones, or ones whose publication was refused.
    func remove(_ ids: some Sequence<Prekey.ID> & Sendable) async throws {
        let ids = ids.map { Int64($0.rawValue) }
        guard !ids.isEmpty else { return }
        try await self.database.write { database in
            for id in ids {
                try database.execute(sql: "DELETE FROM prekeys WHERE prekey_id = ?", arguments: [id])
            }
        }
    }

    /// Deletes what is past its grace time and what never went out; returns how many rows went.
    @discardableResult
    func removeExpired(now: UnixSeconds) async throws -> Int {
        let oldest = Int64(clamping: now.rawValue) - Int64(Self.graceSeconds)
        return try await self.database.write { database in
            try database.execute(sql: "DELETE FROM prekeys WHERE exp <= ?", arguments: [oldest])
            return database.changesCount
        }
    }

    /// How many private halves belong to a published prekey that expires after `time`.
    func publishedCount(expiringAfter time: UnixSeconds) async throws -> Int {
        try await self.database.read { database in
            try Int.fetchOne(
                database,
                sql: "SELECT COUNT(*) FROM prekeys WHERE exp > ? AND COALESCE(wire_record, '') <> ''",
                arguments: [Int64(clamping: time.rawValue)]
            ) ?? 0
        }
    }

    private func takenIDs() async throws -> Set<UInt32> {
        try await self.database.read { database in
            Set(
                try Int64.fetchAll(database, sql: "SELECT prekey_id FROM prekeys").map {
                    UInt32(truncatingIfNeeded: $0)
                }
            )
        }
    }
}
