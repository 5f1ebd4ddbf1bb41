import DMPProtocol
import GRDB

/// What this folder remembers of its own prekeys beside the private halves: also of those that are gone.
///
/// A prekey in DNS that carries our signature and isn't in here was made elsewhere, by a copy of the identity.
struct PrekeyLedger: Sendable {
    let database: StoreDatabase

    /// From when until when a node offers a prekey.
    struct Offer: Hashable, Sendable {
        let from: UnixSeconds
        let until: UnixSeconds
    }

    /// What is remembered, at one moment.
    struct Facts: Hashable, Sendable {
        /// All prekeys that are or were here.
        var known: Set<Prekey.ID> = []
        /// Prekeys that aren't offered any more, although their private halves may still be needed.
        var retired: Set<Prekey.ID> = []
        /// Prekeys whose message is stored.
        var spent: Set<Prekey.ID> = []
        var offers: [Prekey.ID: Offer] = [:]
    }

    /// How many prekeys the user wants, and for how long each is offered, in seconds.
    struct Terms: Hashable, Sendable {
        let target: Int
        let lifetime: UInt32
    }

    func remember(_ prekeys: [Prekey]) async throws {
        guard !prekeys.isEmpty else { return }
        try await self.database.write { database in
            for prekey in prekeys { try Self.insert(prekey, into: database) }
        }
    }

    func noteOffer(_ prekey: Prekey, _ offer: Offer) async throws {
        try await self.database.write { database in
            try Self.insert(prekey, into: database)
            try database.execute(
                cached: "UPDATE own_prekeys SET offered_from = ?, offered_until = ? WHERE prekey_id = ?",
                arguments: [offer.from.stored, offer.until.stored, Int64(prekey.id.rawValue)]
            )
        }
    }

    /// Takes prekeys out of the pool for good; their private halves still open what was sealed for them.
    func retire(_ prekeys: [Prekey]) async throws {
        try await self.database.write { database in
            for prekey in prekeys {
                try Self.insert(prekey, into: database)
                try database.execute(
                    cached: "UPDATE own_prekeys SET retired = 1 WHERE prekey_id = ?",
                    arguments: [Int64(prekey.id.rawValue)]
                )
            }
        }
    }

    func facts() async throws -> Facts {
        try await self.database.read { database in
            var facts = Facts()
            for row in try Row.fetchAll(database, cached: "SELECT * FROM own_prekeys") {
                guard let id = Self.id(try row.decode(Int64.self, forColumn: "prekey_id")) else { continue }
                facts.known.insert(id)
                if try row.decode(Bool.self, forColumn: "retired") { facts.retired.insert(id) }
                let offer = Offer(from: try row.seconds("offered_from"), until: try row.seconds("offered_until"))
                if offer.until.rawValue > 0 { facts.offers[id] = offer }
            }
            let spent = try Int64.fetchAll(database, cached: "SELECT prekey_id FROM spent_prekeys")
            facts.spent = Set(spent.compactMap(Self.id))
            facts.known.formUnion(facts.spent)
            return facts
        }
    }

    /// Forgets prekeys that nobody can publish any more.
    ///
    /// - Returns: What has expired before this may go elsewhere, too.
    func prune(now: UnixSeconds) async throws -> UnixSeconds {
        try await self.database.write { database in
            let settled = try SettledTime.observe(now, in: database)
            let limit = settled.stored - Int64(PrekeyStore.graceSeconds)
            try database.execute(cached: "DELETE FROM own_prekeys WHERE expires < ?", arguments: [limit])
            return settled
        }
    }

    // MARK: - Terms

    func terms() async throws -> Terms? {
        try await self.database.read { database in
            guard let row = try Row.fetchOne(database, cached: "SELECT target, lifetime FROM prekey_terms") else {
                return nil
            }
            return Terms(
                target: Int(clamping: try row.decode(Int64.self, forColumn: "target")),
                lifetime: UInt32(clamping: try row.decode(Int64.self, forColumn: "lifetime"))
            )
        }
    }

    func remember(_ terms: Terms) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO prekey_terms VALUES (1, ?, ?)",
                arguments: [Int64(terms.target), Int64(terms.lifetime)]
            )
        }
    }

    private static func insert(_ prekey: Prekey, into database: Database) throws {
        try database.execute(
            cached: "INSERT OR IGNORE INTO own_prekeys (prekey_id, expires) VALUES (?, ?)",
            arguments: [Int64(prekey.id.rawValue), prekey.expires.stored]
        )
    }

    private static func id(_ number: Int64) -> Prekey.ID? {
        UInt32(exactly: number).flatMap { try? Prekey.ID($0) }
    }
}
