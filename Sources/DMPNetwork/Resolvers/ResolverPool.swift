public import DMPProtocol
public import DNSTransport

/// Reads through several resolvers, each of which may be slow, broken or lying.
///
/// Invariant: every query sees one order of the upstreams, taken at its start, and every outcome counts once.
///
/// A resolver that hasn't answered within the time that it usually takes gets company by the next one; the first answer
/// with values wins. One that failed, or denied what another one had, is asked after the others until its cool-down is
/// over. ``run()`` has to go on as long as there are reads; ``withResolverPool(_:settings:clock:_:)`` sees to it.
///
/// Source: protocol documents, "The network layer", section 2.
public actor ResolverPool {
    /// One resolver and its address, which is for people and tells whether two entries are the same source.
    public struct Upstream: Sendable {
        /// Address and port, or any text that tells two sources apart.
        public let address: String
        /// Asks this resolver alone.
        public let reader: any RecordReader

        public init(address: String, reader: any RecordReader) {
            self.address = address
            self.reader = reader
        }
    }

    /// How failures are counted and how long answers are waited for.
    public struct Settings: Sendable {
        /// How many failures in a row send an upstream behind the others, at least 1.
        public var failureThreshold = 1
        /// For how long they do.
        public var coolDown = Duration.seconds(60)
        /// How long one upstream is asked in one query, all its tries together.
        public var askLimit = Duration.seconds(5)
        /// How many questions are under way at one upstream; the others wait.
        public var width = 256
        /// Whether the upstreams refuse answers that aren't authenticated, so that one negative proves an absence.
        public var negativesAreProof = false
        /// Decides after a provisional absence whether another upstream is asked in the background, so that one that
        /// hides records is found out. By chance, one time in four.
        public var audits: @Sendable () -> Bool = { Int.random(in: 0..<4) == 0 }
        /// Is told when an upstream goes behind the others, and why, as for a log.
        public var demoted: @Sendable (_ address: String, NetworkFailure) -> Void = { _, _ in }

        public init() {}
    }

    /// How one upstream has done so far.
    public struct UpstreamStatus: Hashable, Sendable {
        /// The address that it was given with.
        public let address: String
        /// Failures since the last success.
        public let consecutiveFailures: Int
        /// When it last failed; `nil` if it never did.
        public let lastFailure: ErasedClock.Instant?
        /// When it last answered; `nil` if it never did.
        public let lastSuccess: ErasedClock.Instant?
        /// The learnt round trip; `nil` before the first answer.
        public let roundTrip: Duration?
        /// Whether it is asked in its configured place, and not behind the others.
        public let isPreferred: Bool
    }

    /// How many questions to one upstream go on after their queries were answered.
    static let lateLimit = 16

    private struct State {
        let upstream: Upstream
        var health = ResolverHealth()
        var hedge = HedgePolicy()
        var lateCount = 0
    }

    private nonisolated let upstreams: [Upstream]
    private nonisolated let limiters: [WidthLimiter]
    private nonisolated let settings: Settings
    private nonisolated let clock: ErasedClock
    private nonisolated let work = BackgroundWork()
    private var states: [State]

    /// - Parameters:
    ///   - upstreams: In the order in which they are to be asked.
    ///   - settings: How to treat them.
    ///   - clock: What deadlines are instants of.
    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` if there is no upstream, or the threshold is
    ///   below 1.
    public init(
        _ upstreams: [Upstream],
        settings: Settings = Settings(),
        clock: ErasedClock = .continuous
    ) throws(NetworkFailure) {
        guard !upstreams.isEmpty else { throw NetworkFailure(.invalidConfiguration, "the list of resolvers is empty") }
        guard settings.failureThreshold >= 1 else {
            throw NetworkFailure(.invalidConfiguration, "the failure threshold of resolvers is at least 1")
        }
        self.upstreams = upstreams
        self.limiters = upstreams.map { _ in WidthLimiter(width: settings.width) }
        self.settings = settings
        self.clock = clock
        self.states = upstreams.map { State(upstream: $0) }
    }

    /// Runs until it is cancelled, which ends all reads. To be called once.
    public nonisolated func run() async {
        await self.work.run()
    }

    /// The upstreams in their configured order.
    public func snapshot() -> [UpstreamStatus] {
        self.states.enumerated().map { index, state in
            UpstreamStatus(
                address: state.upstream.address,
                consecutiveFailures: state.health.consecutiveFailures,
                lastFailure: state.health.lastFailure,
                lastSuccess: state.health.lastSuccess,
                roundTrip: state.hedge.roundTrip,
                isPreferred: self.isPreferred(index)
            )
        }
    }

    /// How many queries run, those included that have been answered.
    package nonisolated var queryCount: Int { self.work.count }
}

// MARK: - Reading

extension ResolverPool: RecordReader {
    /// Reads with ``AbsenceNeed/decisive``.
    public nonisolated func read(
        _ name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.read(name, absence: .decisive, deadline: deadline)
    }

    /// Asks the resolvers for the values at `name`.
    ///
    /// A decisive absence takes two resolvers that say so if two are healthy, a provisional one takes one.
    public nonisolated func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        let result: ReadResult? = try await self.work.perform { reply in
            var query = await self.query(absence: absence, deadline: deadline)
            await self.drive(&query, name: name, deadline: deadline, reply: reply)
        }
        return result ?? .unavailable(NetworkFailure(.closed, "the pool of resolvers was closed"))
    }

    /// Prepares the upstream that is asked first.
    public nonisolated func prepareForLargeAnswers(at name: OwnerName) async {
        guard let first = await self.order.preferred.first else { return }
        await self.upstreams[first].reader.prepareForLargeAnswers(at: name)
    }

    private nonisolated func drive(
        _ query: inout ResolverQuery,
        name: OwnerName,
        deadline: ErasedClock.Instant,
        reply: BackgroundWork.Reply<ReadResult>
    ) async {
        let candidates = query.candidates
        var late: [Int] = []
        await query.drive(clock: self.clock) { index throws(CancellationError) in
            try await self.ask(candidates[index].upstream, for: name, deadline: deadline)
        } step: { query in
            await self.count(query.takeOutcomes())
            guard let verdict = query.verdict, late.isEmpty else { return true }
            reply.send(verdict)
            guard !query.isOver else { return true }
            late = query.outstanding
            return await self.admitLate(late)
        }
        query.close()
        await self.count(query.takeOutcomes())
        await self.dismissLate(late)
    }

    private nonisolated func ask(
        _ upstream: Int,
        for name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        do {
            return try await self.limiters[upstream].withPermit {
                let start = self.clock.now
                let limit = min(deadline, start.advanced(by: self.settings.askLimit))
                let result = try await self.upstreams[upstream].reader.read(name, deadline: limit)
                switch result {
                case .records, .absent: await self.learn(start.duration(to: self.clock.now), about: upstream)
                case .unavailable: break
                }
                return result
            }
        } catch {
            throw CancellationError()  // the permit and the reader throw nothing else
        }
    }
}

// MARK: - State

extension ResolverPool {
    private func query(absence: AbsenceNeed, deadline: ErasedClock.Instant) -> ResolverQuery {
        let order = self.order
        let candidates = (order.preferred + order.others).enumerated().map { place, index in
            ResolverQuery.Candidate(
                upstream: index,
                address: self.states[index].upstream.address,
                isPreferred: place < order.preferred.count,
                hedgeDelay: self.states[index].hedge.delay,
                patience: self.states[index].hedge.patience
            )
        }
        var rules = ResolverQuery.Rules()
        rules.absence = absence
        rules.negativesAreProof = self.settings.negativesAreProof
        rules.audits = absence == .provisional && self.settings.audits()
        rules.askLimit = self.settings.askLimit
        return ResolverQuery(candidates, rules: rules, deadline: deadline)
    }

    private var order: (preferred: [Int], others: [Int]) {
        ResolverHealth.order(
            of: self.states.map(\.health),
            at: self.clock.now,
            threshold: self.settings.failureThreshold,
            coolDown: self.settings.coolDown
        )
    }

    private func count(_ outcomes: [ResolverQuery.Outcome]) {
        for outcome in outcomes {
            guard let failure = outcome.failure else {
                self.states[outcome.upstream].health.succeeded(at: outcome.observed)
                continue
            }
            let wasPreferred = self.isPreferred(outcome.upstream)
            self.states[outcome.upstream].health.failed(at: outcome.observed)
            if wasPreferred, !self.isPreferred(outcome.upstream) {
                self.settings.demoted(self.states[outcome.upstream].upstream.address, failure)
            }
        }
    }

    private func isPreferred(_ upstream: Int) -> Bool {
        self.states[upstream].health.isPreferred(
            at: self.clock.now,
            threshold: self.settings.failureThreshold,
            coolDown: self.settings.coolDown
        )
    }

    private func learn(_ roundTrip: Duration, about upstream: Int) {
        self.states[upstream].hedge.learn(roundTrip)
    }

    /// Whether the questions to `upstreams` may go on although their query is answered.
    private func admitLate(_ upstreams: [Int]) -> Bool {
        for index in upstreams { self.states[index].lateCount += 1 }
        return upstreams.allSatisfy { self.states[$0].lateCount <= Self.lateLimit }
    }

    private func dismissLate(_ upstreams: [Int]) {
        for index in upstreams { self.states[index].lateCount -= 1 }
    }
}
