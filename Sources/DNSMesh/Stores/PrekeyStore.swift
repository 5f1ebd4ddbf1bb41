package import DMPCrypto
package import DMPProtocol
import Foundation
import GRDB

/// The private halves of the own prekeys.
///
/// Invariant: a private half is never lost before its message is stored, and is gone once it is.
package actor PrekeyStore {
    /// How long a private half works after its record has expired: a message sent at the last moment may live a day.
    static let graceSeconds: UInt64 = 86_400 + 300

    private let database: StoreDatabase

    package init(database: StoreDatabase) {
        self.database = database
    }

    /// A private half, with the TXT value under which its public half was published.
    package final class Secret: Sendable {
        package let key: X25519.SecretKey
        package let published: TXTValue?
        package let expires: UnixSeconds

        init(key: consuming X25519.SecretKey, published: TXTValue?, expires: UnixSeconds) {
            self.key = key
            self.published = published
            self.expires = expires
        }

        /// Lends the private half as the database takes it, and wipes that copy.
        fileprivate func lendingCopy(_ body: (Data) throws -> Void) rethrows {
            var copy = Data(count: X25519.SecretKey.byteCount)
            self.key.withBytes { bytes in
                for index in bytes.indices { copy[index] = bytes[index] }
            }
            defer { copy.resetBytes(in: copy.startIndex..<copy.endIndex) }
            try body(copy)
        }
    }

    /// Makes `count` prekeys and stores their private halves, not yet published.
    func generate(_ count: Int, expires: UnixSeconds, now: UnixSeconds) async throws -> [Prekey] {
        var rows: [(prekey: Prekey, secret: Secret)] = []
        var taken = try await self.takenIDs()
        while rows.count < count {
            let id = Prekey.ID.random()
            guard taken.insert(id.rawValue).inserted else { continue }
            let key = X25519.SecretKey.random()
            let prekey = Prekey(id: id, publicKey: key.publicKey, expires: expires)
            rows.append((prekey, Secret(key: key, published: nil, expires: expires)))
        }
        let inserts = rows
        try await self.database.write { database in
            for row in inserts {
                try row.secret.lendingCopy { key in
                    // Not a kept statement, which would keep the key too.
                    try database.execute(
                        sql: """
                            INSERT INTO prekeys (prekey_id, private_key, public_key, exp, created_at, wire_record)
                            VALUES (?, ?, ?, ?, ?, '')
                            """,
                        arguments: [
                            Int64(row.prekey.id.rawValue), key, Data(row.prekey.publicKey.bytes), expires.stored,
                            now.stored,
                        ]
                    )
                }
            }
        }
        return inserts.map(\.prekey)
    }

    /// Notes the TXT value that a node has acknowledged for a prekey.
    func markPublished(_ id: Prekey.ID, as value: TXTValue) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "UPDATE prekeys SET wire_record = ? WHERE prekey_id = ?",
                arguments: [value.text, Int64(id.rawValue)]
            )
        }
    }

    /// Finds the private half, or `nil` if it was never here, was used, or is too old.
    func secret(_ id: Prekey.ID, now: UnixSeconds) async throws -> Secret? {
        let oldest = now.stored - Int64(Self.graceSeconds)
        return try await self.database.read { database in
            // Not a kept statement, whose registers would keep the key.
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT private_key, COALESCE(wire_record, '') AS wire_record, exp
                    FROM prekeys WHERE prekey_id = ? AND exp > ?
                    """,
                arguments: [Int64(id.rawValue), oldest]
            )
            guard let row = try rows.next() else { return nil }
            let wire = try row.decode(String.self, forColumn: "wire_record")
            let expires = try row.seconds("exp")
            return try row.lendingBytes("private_key") { bytes in
                Secret(
                    key: try X25519.SecretKey(SecretBytes(copying: bytes)),
                    published: wire.isEmpty ? nil : TXTValue(wire),
                    expires: expires
                )
            }
        }
    }

    /// Deletes private halves: used ones, or ones whose publication was refused.
    func remove(_ ids: some Sequence<Prekey.ID> & Sendable) async throws {
        let ids = ids.map { Int64($0.rawValue) }
        guard !ids.isEmpty else { return }
        try await self.database.write { database in
            for id in ids {
                // Longer than the key, so that SQLite builds a new row where it last had this one.
                try database.execute(
                    cached: "UPDATE prekeys SET private_key = zeroblob(64) WHERE prekey_id = ?",
                    arguments: [id]
                )
                try database.execute(cached: "DELETE FROM prekeys WHERE prekey_id = ?", arguments: [id])
            }
        }
        try await self.database.emptyLog()
    }

    /// Deletes what is past its grace time; returns how many rows went.
    @discardableResult
    func removeExpired(now: UnixSeconds) async throws -> Int {
        let oldest = now.stored - Int64(Self.graceSeconds)
        let count = try await self.database.write { database in
            // As in `remove`: SQLite builds a new row where it last had one of these.
            try database.execute(
                cached: "UPDATE prekeys SET private_key = zeroblob(64) WHERE exp <= ?",
                arguments: [oldest]
            )
            try database.execute(cached: "DELETE FROM prekeys WHERE exp <= ?", arguments: [oldest])
            return database.changesCount
        }
        if count > 0 { try await self.database.emptyLog() }
        return count
    }

    /// A prekey whose private half is here.
    struct Entry: Hashable, Sendable {
        let prekey: Prekey
        /// The value under which a node has acknowledged it; `nil` if none has.
        let published: TXTValue?
    }

    /// All prekeys whose private halves are here. Rows that another program has damaged are left out.
    func entries() async throws -> [Entry] {
        try await self.database.read { database in
            let sql = "SELECT prekey_id, public_key, exp, COALESCE(wire_record, '') AS wire_record FROM prekeys"
            return try Row.fetchAll(database, cached: sql).compactMap { row in
                guard let number = UInt32(exactly: try row.decode(Int64.self, forColumn: "prekey_id")),
                    let id = try? Prekey.ID(number),
                    let key = try? X25519.PublicKey(try row.bytes("public_key"))
                else { return nil }
                let wire = try row.decode(String.self, forColumn: "wire_record")
                return Entry(
                    prekey: Prekey(id: id, publicKey: key, expires: try row.seconds("exp")),
                    published: wire.isEmpty ? nil : TXTValue(wire)
                )
            }
        }
    }

    nonisolated func close() throws(MeshError) { try self.database.close() }

    private func takenIDs() async throws -> Set<UInt32> {
        try await self.database.read { database in
            Set(
                try Int64.fetchAll(database, cached: "SELECT prekey_id FROM prekeys").map {
                    UInt32(truncatingIfNeeded: $0)
                }
            )
        }
    }
}
