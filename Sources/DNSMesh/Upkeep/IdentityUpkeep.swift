import DMPNetwork
import DMPProtocol
import DNSTransport

/// What one round of upkeep did.
public struct UpkeepReport: Sendable {
    /// The identity record that was published again; `nil` if it wasn't due.
    public internal(set) var identity: PublishReceipt?
    /// What was done about the prekeys; `nil` if there were enough.
    public internal(set) var prekeys: PrekeyReport?
    /// Signs of a second copy of the identity; `nil` if that wasn't looked at, or nothing could be read.
    public internal(set) var copies: CopySigns?
    /// Why something could not be done. It is tried again in a later round.
    public internal(set) var failures: [MeshError] = []

    /// Whether everything that was due was done.
    public var isComplete: Bool { self.failures.isEmpty && self.prekeys?.failures.isEmpty ?? true }
}

/// Keeps the identity record and the prekeys published.
struct IdentityUpkeep: Sendable {
    let publisher: IdentityPublisher
    let refresh: PrekeyRefresh
    let survey: PrekeySurvey
    /// How many prekeys there should be, unless the user has said otherwise.
    let target: Int
    let now: @Sendable () -> UnixSeconds

    private static let prekeyLifetime: UInt32 = 86_400

    func standing() async throws -> IdentityStanding {
        let last = try await self.publisher.lastPublication()
        let terms = try await self.refresh.ledger.terms()
        let live = try await self.refresh.pool().published.count
        return IdentityStanding(
            livePrekeys: live,
            prekeyTarget: terms?.target ?? self.target,
            usesPrekeys: terms != nil || live > 0,
            identityExpires: last?.terms.expires,
            identityLifetime: last?.terms.lifetime ?? 0,
            asked: self.now()
        )
    }

    /// Does what is due; with `looking`, looks for signs of a copy of the identity first. Throws nothing that another
    /// round could mend.
    @concurrent
    func run(looking: Bool, deadline: ErasedClock.Instant) async throws -> UpkeepReport {
        var report = UpkeepReport()
        // First: what is published below is then no part of what is looked at.
        try await self.collect(&report) { report in
            if looking { report.copies = try await self.survey.run(deadline: deadline) }
        }
        guard self.publisher.writer != nil else { return report }
        try await self.collect(&report) { report in
            report.identity = try await self.republishIfDue(deadline: deadline)
        }
        try await self.collect(&report) { report in
            report.prekeys = try await self.topUpIfNeeded(deadline: deadline)
        }
        return report
    }

    private func collect(
        _ report: inout UpkeepReport,
        _ work: (inout UpkeepReport) async throws -> Void
    ) async throws {
        do {
            try await work(&report)
        } catch let error as MeshError where error.code == .busy {
            // Another process does the same work at this moment.
        } catch let error as MeshError {
            report.failures.append(error)
        }
    }

    private func republishIfDue(deadline: ErasedClock.Instant) async throws -> PublishReceipt? {
        guard let last = try await self.publisher.lastPublication(), last.isDue(at: self.now()) else { return nil }
        return try await self.publisher.publish(
            lifetime: max(1, last.terms.lifetime),
            advertisingEnvelope: last.record.versions.contains(2),
            deadline: deadline
        )
    }

    private func topUpIfNeeded(deadline: ErasedClock.Instant) async throws -> PrekeyReport? {
        let terms = try await self.refresh.ledger.terms()
        let lifetime = terms?.lifetime ?? Self.prekeyLifetime
        let plan = PrekeyPlan(target: terms?.target ?? self.target, lifetime: UInt64(lifetime))
        let pool = try await self.refresh.pool().expiring(after: plan.counted(after: self.now()))
        guard plan.missing(live: pool.published.count) > 0 else { return nil }
        return try await self.refresh.run(target: plan.target, lifetime: lifetime, deadline: deadline)
    }
}
