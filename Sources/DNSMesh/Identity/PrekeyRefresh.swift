public import DMPNetwork
public import DMPProtocol
import DNSTransport

/// What a refresh of the prekeys did.
public struct PrekeyReport: Sendable {
    /// Where the prekeys lie.
    public let owner: OwnerName
    /// How many were needed to reach the target.
    public let requested: Int
    /// How many of them the node took.
    public let published: Int
    /// How many published, unused prekeys there are now. One whose publishing got no answer doesn't count.
    public let live: Int
    /// Why some were not published.
    public let failures: [NetworkFailure]
}

/// How many prekeys a refresh makes. Plain arithmetic, so that it can be tested as such.
struct PrekeyPlan {
    /// A default node holds 64 values at one name; some room is left for keys on their way out.
    static let largestPool = 60

    /// How much longer a prekey works than it is offered, in seconds: what is sealed for it at the last moment may wait
    /// a day for its reader.
    static let overtime: UInt64 = 86_400

    let target: Int
    /// For how many seconds a new prekey is offered.
    let lifetime: UInt64

    /// When a new prekey expires; readers refuse what lies more than 30 days ahead.
    func expires(from now: UnixSeconds) -> UnixSeconds {
        now.adding(min(self.lifetime + Self.overtime, 30 * 86_400 - 300))
    }

    /// Prekeys that expire before this don't count: they are offered for less than a quarter of the lifetime.
    func counted(after now: UnixSeconds) -> UnixSeconds { now.adding(self.lifetime / 4 + Self.overtime) }

    func missing(live: Int) -> Int { max(0, min(self.target, Self.largestPool) - live) }
}

/// Tops up the published prekeys to a target.
struct PrekeyRefresh: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let writer: (any RecordWriter)?
    let prekeys: PrekeyStore
    let ledger: PrekeyLedger
    let withdrawals: WithdrawalRunner
    let turn: RefreshTurn
    let database: StoreDatabase
    let now: @Sendable () -> UnixSeconds

    /// How many publishes are in flight.
    private static let width = 64

    /// Publishes what is missing. With `replacing`, all that is published is withdrawn first, whether its private halves
    /// are here or not.
    @concurrent
    func run(
        target: Int,
        lifetime: UInt32,
        replacing: Bool = false,
        deadline: ErasedClock.Instant
    ) async throws -> PrekeyReport {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        guard target >= 1, lifetime >= 1, lifetime <= 30 * 86_400 else {
            throw MeshError(.invalidArgument, "the count must be at least 1, the lifetime between 1 s and 30 days")
        }
        return try await self.turn.take {
            let owner = try OwnerName.prekeys(of: self.configuration.username.text, in: self.configuration.zone)
            let publication = Publication(owner: owner, lifetime: lifetime, writer: writer, deadline: deadline)
            if replacing { try await self.retireAll(at: owner, deadline: deadline) }
            return try await self.refresh(target: target, publication)
        }
    }

    /// The prekeys that are good for messages now.
    func pool() async throws -> PrekeyPool {
        let entries = try await self.prekeys.entries()
        return PrekeyPool(entries, facts: try await self.ledger.facts(), now: self.now(), value: self.value)
    }

    private struct Publication: Sendable {
        let owner: OwnerName
        let lifetime: UInt32
        let writer: any RecordWriter
        let deadline: ErasedClock.Instant
    }

    /// Signatures are deterministic: a prekey has one value for as long as the identity keeps its key.
    private func value(of prekey: Prekey) -> TXTValue { prekey.signed(by: self.keys.ed25519).value }

    private func refresh(target: Int, _ publication: Publication) async throws -> PrekeyReport {
        let now = self.now()
        try await self.prekeys.removeExpired(now: try await self.ledger.prune(now: now))
        let plan = PrekeyPlan(target: target, lifetime: UInt64(publication.lifetime))
        let pool = try await self.pool().expiring(after: plan.counted(after: now))
        let missing = plan.missing(live: pool.published.count)
        await publication.writer.prepare(forRecords: missing)
        let again = Array(pool.unanswered.prefix(missing))
        let new = try await self.prekeys.generate(missing - again.count, expires: plan.expires(from: now), now: now)
        let failures = try await self.publish(again + new, publication)
        let published = try await self.pool().published
        try await self.mirror(published.filter { (again + new).contains($0) }, publication)
        try await self.ledger.remember(PrekeyLedger.Terms(target: target, lifetime: publication.lifetime))
        try await self.withdrawals.retry(now: now, deadline: publication.deadline)
        return PrekeyReport(
            owner: publication.owner,
            requested: missing,
            published: missing - failures.count,
            live: published.count,
            failures: failures
        )
    }

    /// Publishes prekeys at the other names too, as far as the node lets us.
    private func mirror(_ prekeys: [Prekey], _ publication: Publication) async throws {
        let mirrors = PrekeyMirrors(names: try self.configuration.prekeyMirrors, database: self.database)
        try await mirrors.forgetExpired(now: self.now())
        try await mirrors.publish(
            prekeys.map { (self.value(of: $0), $0.expires) },
            with: publication.writer,
            lifetime: publication.lifetime,
            deadline: publication.deadline
        )
    }

    private func publish(_ prekeys: [Prekey], _ publication: Publication) async throws -> [NetworkFailure] {
        // Before they go out: what is found in DNS and not remembered is taken for another's.
        try await self.ledger.remember(prekeys)
        let results = try await prekeys.concurrentMap(width: Self.width) { prekey -> NetworkFailure? in
            let (value, from) = (self.value(of: prekey), self.now())
            let ttl = UInt32(clamping: min(UInt64(publication.lifetime), max(1, from.seconds(until: prekey.expires))))
            switch try await publication.writer.publish(
                value,
                at: publication.owner,
                ttl: ttl,
                deadline: publication.deadline
            ) {
            case .accepted:
                try await self.prekeys.markPublished(prekey.id, as: value)
                let offer = PrekeyLedger.Offer(from: self.now(), until: from.adding(UInt64(ttl)))
                try await self.ledger.noteOffer(prekey, offer)
                return nil
            case .refused(let failure):
                try await self.prekeys.remove([prekey.id])
                return failure
            case .unavailable(let failure):
                return failure  // it may be out there: the private half stays, and the next refresh tries it again
            }
        }
        return results.compactMap(\.self)
    }

    /// Takes all prekeys of the identity off the network, also those that another copy of it has published. Private
    /// halves that are here stay until they expire: messages may be under way.
    private func retireAll(at owner: OwnerName, deadline: ErasedClock.Instant) async throws {
        let now = self.now()
        let own = try await self.prekeys.entries()
        var values = Dictionary(
            own.map { ($0.published ?? self.value(of: $0.prekey), $0.prekey.expires) },
            uniquingKeysWith: max
        )
        switch try await self.reader.read(owner, absence: .decisive, deadline: deadline) {
        case .absent: break
        case .records(let found):
            for value in found {
                let signed = try? Signed<Prekey>(parsing: value, now: now, signer: self.keys.signingKey)
                if let signed { values[value] = signed.body.expires }
            }
        case .unavailable(let failure):
            throw MeshError(
                .unavailable,
                "could not read \(owner), so nothing was replaced: \(failure); check the resolver and try again",
                underlying: failure
            )
        }
        try await self.ledger.retire(own.map(\.prekey))
        let mirrored = Array(values.keys)
        try await self.database.write { database in
            for value in mirrored { try PrekeyMirrors.withdraw(value, in: database) }
        }
        let withdrawals = values.map { Withdrawal(owner: owner, value: $0.key, expires: $0.value) }
        try await self.withdrawals.withdraw(withdrawals, deadline: deadline)
    }
}
