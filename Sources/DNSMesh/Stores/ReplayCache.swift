package import DMPCrypto
package import DMPProtocol
import Foundation
import GRDB

/// Which messages were delivered, and which are being delivered now.
///
/// Invariant: a (signer, message id) is delivered at most once and has at most one delivery under way.
package actor ReplayCache {
    /// A message is known by who signed its manifest and by its id, whatever zone or path it was found on.
    package struct Key: Hashable, Sendable {
        package let sender: Ed25519.PublicKey
        package let message: MessageID

        package init(sender: Ed25519.PublicKey, message: MessageID) {
            self.sender = sender
            self.message = message
        }
    }

    /// Entries outlive their manifest by this much, so that two clocks that differ don't deliver twice.
    static let marginSeconds: UInt64 = 3_600

    private let database: StoreDatabase
    private var claimed: Set<Key> = []

    package init(database: StoreDatabase) {
        self.database = database
    }

    /// What came of the wish to deliver a message.
    package enum Claim: Hashable, Sendable {
        /// The caller delivers it. ``release(_:)`` must follow, whatever comes of it.
        case granted
        /// It was delivered before.
        case seen
        /// Somebody else is delivering it.
        case underWay
    }

    /// Takes the right to deliver a message.
    package func claim(_ key: Key) async throws -> Claim {
        guard self.claimed.insert(key).inserted else { return .underWay }  // before the await: who comes next finds it
        do {
            guard try await self.isSeen(key) else { return .granted }
            self.claimed.remove(key)
            return .seen
        } catch {
            self.claimed.remove(key)
            throw error
        }
    }

    /// Ends a claim. If the message was stored, ``Inbox`` has marked it as seen in the same transaction; if not, a later
    /// pass may try again.
    package func release(_ key: Key) {
        self.claimed.remove(key)
    }

    /// How many deliveries are under way.
    package var claimCount: Int { self.claimed.count }

    /// The keys, of those given, that were delivered before.
    package func seen(among keys: Set<Key>) async throws -> Set<Key> {
        try await self.database.read { database in
            let statement = try database.cachedStatement(sql: Self.seenQuery)
            return try keys.filter { try Bool.fetchOne(statement, arguments: Self.arguments($0)) ?? false }
        }
    }

    /// Takes over entries that another client of the same folder has written, and drops those past their time.
    package func merge(_ entries: [ReplayFile.Entry], now: UnixSeconds) async throws {
        try await self.database.write { database in
            let limit = try SettledTime.observe(now, in: database).stored - Int64(Self.marginSeconds)
            for entry in entries where entry.expires.stored >= limit {
                try Self.insert(entry.key, expires: entry.expires, into: database)
            }
            try database.execute(cached: "DELETE FROM seen WHERE expires < ?", arguments: [limit])
            try database.execute(cached: "DELETE FROM hopeless WHERE expires < ?", arguments: [limit])
        }
    }

    /// All entries that still matter, for the file shared with the Python client.
    package func entries(now: UnixSeconds) async throws -> [ReplayFile.Entry] {
        try await self.database.read { database in
            let rows = try Row.fetchAll(
                database,
                cached: "SELECT sender_key, message_id, expires FROM seen WHERE expires >= ?",
                arguments: [now.stored]
            )
            return try rows.map { row in
                ReplayFile.Entry(
                    key: Key(
                        sender: try Ed25519.PublicKey(try row.bytes("sender_key")),
                        message: try MessageID(try row.bytes("message_id"))
                    ),
                    expires: try row.seconds("expires")
                )
            }
        }
    }

    /// Remembers that a message found in a zone can never be opened.
    package func markHopeless(_ key: Key, in zone: ZoneName, reason: String, expires: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO hopeless VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    Data(key.sender.bytes), Data(key.message.bytes), zone.text, reason,
                    expires.stored,
                ]
            )
        }
    }

    /// Why a message found in a zone can never be opened, if that is known.
    package func hopelessReason(_ key: Key, in zone: ZoneName) async throws -> String? {
        try await self.database.read { database in
            try String.fetchOne(
                database,
                cached: "SELECT reason FROM hopeless WHERE sender_key = ? AND message_id = ? AND zone = ?",
                arguments: [Data(key.sender.bytes), Data(key.message.bytes), zone.text]
            )
        }
    }

    /// Marks a message as seen, inside the transaction that stores it.
    static func insert(_ key: Key, expires: UnixSeconds, into database: Database) throws {
        try database.execute(
            cached: """
                INSERT INTO seen VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET expires = MAX(expires, excluded.expires)
                """,
            arguments: [Data(key.sender.bytes), Data(key.message.bytes), expires.stored]
        )
    }

    private static let seenQuery = """
        SELECT EXISTS (SELECT 1 FROM seen WHERE sender_key = ?1 AND message_id = ?2)
            OR EXISTS (SELECT 1 FROM inbox WHERE sender_key = ?1 AND message_id = ?2)
        """

    private static func arguments(_ key: Key) -> StatementArguments {
        [Data(key.sender.bytes), Data(key.message.bytes)]
    }

    private func isSeen(_ key: Key) async throws -> Bool {
        try await self.database.read { database in
            try Bool.fetchOne(database, cached: Self.seenQuery, arguments: Self.arguments(key)) ?? false
        }
    }
}
