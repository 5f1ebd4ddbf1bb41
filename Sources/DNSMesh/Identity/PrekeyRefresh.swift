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
    /// How many published, unused prekeys there are now.
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
    let writer: (any RecordWriter)?
    let prekeys: PrekeyStore
    let withdrawals: WithdrawalRunner
    let now: @Sendable () -> UnixSeconds

    /// How many publishes are in flight.
    private static let width = 8

    @concurrent
    func run(target: Int, lifetime: UInt32, deadline: ErasedClock.Instant) async throws -> PrekeyReport {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        guard target >= 1, lifetime >= 1, lifetime <= 30 * 86_400 else {
            throw MeshError(.invalidArgument, "the count must be at least 1, the lifetime between 1 s and 30 days")
        }
        let now = self.now()
        let owner = try OwnerName.prekeys(of: self.configuration.username.text, in: self.configuration.zone)
        try await self.prekeys.removeExpired(now: now)
        let plan = PrekeyPlan(target: target, lifetime: UInt64(lifetime))
        let live = try await self.prekeys.publishedCount(expiringAfter: plan.counted(after: now))
        let missing = plan.missing(live: live)
        let prekeys = try await self.prekeys.generate(missing, expires: plan.expires(from: now), now: now)
        let failures = try await self.publish(prekeys, at: owner, lifetime: lifetime, with: writer, deadline: deadline)
        try await self.withdrawals.retry(now: now, deadline: deadline)
        return PrekeyReport(
            owner: owner,
            requested: missing,
            published: missing - failures.count,
            live: try await self.prekeys.publishedCount(expiringAfter: now),
            failures: failures
        )
    }

    private func publish(
        _ prekeys: [Prekey],
        at owner: OwnerName,
        lifetime: UInt32,
        with writer: any RecordWriter,
        deadline: ErasedClock.Instant
    ) async throws -> [NetworkFailure] {
        let results = try await prekeys.concurrentMap(width: Self.width) { prekey -> NetworkFailure? in
            let value = prekey.signed(by: self.keys.ed25519).value
            // Noted before it goes out: a sender may use it the moment the node has it.
            try await self.prekeys.markPublished(prekey.id, as: value)
            switch try await writer.publish(value, at: owner, ttl: lifetime, deadline: deadline) {
            case .accepted: return nil
            case .refused(let failure):
                try await self.prekeys.remove([prekey.id])
                return failure
            case .unavailable(let failure):
                return failure  // it may be out there: the private half stays until it expires
            }
        }
        return results.compactMap(\.self)
    }
}
