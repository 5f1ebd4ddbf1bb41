public import DMPProtocol
public import DNSTransport

/// Keeps the nodes of a cluster as its operator's newest manifest lists them.
///
/// Invariant: one refresh is in flight at a time; readers and writers change their nodes together, in one step; the
/// sequence only grows, over restarts too if the cache does.
///
/// A manifest is used only if all of its nodes can be; else the one before stays. ``run()`` has to go on as long as
/// there are refreshes.
///
/// Source: protocol documents, "The network layer", sections 7.2 and 7.3.
public actor ManifestRefresher {
    /// How often and how long manifests are looked for.
    public struct Settings: Sendable {
        /// When to refresh without being asked; `nil` for never. Every hour by default.
        public var policy = RefreshPolicy(interval: .seconds(3600))
        /// How long one look-up of the manifest may take.
        public var timeout = Duration.seconds(5)
        /// Is told how each refresh went, those of ``ManifestRefresher/run()`` included, as for a log.
        public var observe: @Sendable (RefreshOutcome) -> Void = { _ in }
        /// Random numbers in 0..<1, which vary the time between refreshes.
        package var jitter: @Sendable () -> Double = { .random(in: 0..<1) }

        public init() {}
    }

    /// What is in use, and how the refreshes have done.
    public struct Status: Hashable, Sendable {
        /// The manifest in use.
        public let manifest: Signed<ClusterManifest>
        /// Whether the last second of the manifest in use has passed, and no newer one was found.
        public let isExpired: Bool
        /// The highest sequence that was ever verified, which may be that of a manifest whose nodes can't be used.
        public let highestSequence: UInt64
        /// How many refreshes have failed since the last one that didn't.
        public let consecutiveFailures: Int
        /// Why the last refresh failed; `nil` if it didn't.
        public let lastFailure: RefreshFailure?
        /// Why the cache was last of no use; `nil` if it was.
        public let cacheFailure: ManifestCacheFailure?
    }

    /// The nodes in use, to be shared by a ``UnionReader`` and a ``FanoutWriter``.
    public nonisolated let nodes: ClusterNodes
    private nonisolated let fetch: ClusterManifestFetch
    private nonisolated let reader: any RecordReader
    private nonisolated let factory: ClusterNodeFactory
    private nonisolated let cache: any ManifestCache
    private nonisolated let settings: Settings
    private nonisolated let clock: ErasedClock
    private nonisolated let now: @Sendable () -> UnixSeconds
    private nonisolated let work = BackgroundWork()

    private var manifest: Signed<ClusterManifest>
    private var highestSequence: UInt64
    private var consecutiveFailures = 0
    private var lastFailure: RefreshFailure?
    private var cacheFailure: ManifestCacheFailure?
    /// Those who wait for the refresh in flight; `nil` while there is none.
    private var waiting: [AsyncStream<RefreshOutcome>.Continuation]?

    /// Looks up the first manifest. If that fails, or brings one that can't be used, it is the cached one.
    ///
    /// - Parameters:
    ///   - fetch: Which manifest, and whose.
    ///   - reader: What reads names outside the cluster.
    ///   - factory: Makes the readers and writers of the nodes.
    ///   - cache: Where the newest manifest is kept. What it holds of another cluster or operator doesn't count.
    ///   - settings: When to refresh.
    ///   - clock: For deadlines and intervals.
    ///   - now: The wall clock.
    /// - Throws: ``RefreshFailure``, the one of the look-up, if neither can be used; `CancellationError`.
    public init(
        _ fetch: ClusterManifestFetch,
        through reader: any RecordReader,
        factory: ClusterNodeFactory,
        cache: any ManifestCache = MemoryManifestCache(),
        settings: Settings = Settings(),
        clock: ErasedClock = .continuous,
        now: @escaping @Sendable () -> UnixSeconds
    ) async throws {
        var start = await ManifestStart(fetch, factory: factory, cache: cache)
        let deadline = clock.now.advanced(by: settings.timeout)
        start.take(try await fetch.fetch(through: reader, deadline: deadline, now: now))
        let first = try start.choose(now: now())
        self.nodes = try ClusterNodes(first.nodes, expires: first.manifest.body.expires)
        self.manifest = first.manifest
        self.fetch = fetch
        self.reader = reader
        self.factory = factory
        self.cache = cache
        self.settings = settings
        self.clock = clock
        self.now = now
        self.highestSequence = start.highestSequence
        self.lastFailure = start.failure
        self.consecutiveFailures = start.failure == nil ? 0 : 1
        await self.keep()
        self.cacheFailure = start.cacheFailure ?? self.cacheFailure
    }

    /// Runs until it is cancelled, and refreshes by the policy if there is one. To be called once.
    public nonisolated func run() async {
        await withTaskGroup { group in
            group.addTask { await self.work.run() }
            if let policy = self.settings.policy {
                group.addTask { await self.refreshRegularly(policy) }
            }
            await group.waitForAll()
        }
    }

    /// Looks for a newer manifest now. Who calls while a refresh is in flight gets its outcome.
    ///
    /// A refresh goes on if a caller is cancelled.
    ///
    /// - Throws: `CancellationError` if the caller is cancelled, and nothing else.
    @discardableResult
    public func refreshNow() async throws(CancellationError) -> RefreshOutcome {
        guard !Task.isCancelled else { throw CancellationError() }
        let (outcomes, outcome) = AsyncStream<RefreshOutcome>.makeStream(bufferingPolicy: .bufferingOldest(1))
        if self.waiting == nil {
            self.waiting = [outcome]
            if !self.work.start({ await self.refresh() }) { self.end(with: .failed(.closed)) }
        } else {
            self.waiting?.append(outcome)
        }
        guard let outcome = await outcomes.first(where: { _ in true }) else { throw CancellationError() }
        return outcome
    }

    /// What is in use now, and how the refreshes have done.
    public func status() -> Status {
        Status(
            manifest: self.manifest,
            isExpired: self.manifest.body.isExpired(at: self.now()),
            highestSequence: self.highestSequence,
            consecutiveFailures: self.consecutiveFailures,
            lastFailure: self.lastFailure,
            cacheFailure: self.cacheFailure
        )
    }

    /// How many callers wait for the refresh in flight.
    package var waitingCount: Int { self.waiting?.count ?? 0 }
}

// MARK: - One refresh

extension ManifestRefresher {
    private func refresh() async {
        let deadline = self.clock.now.advanced(by: self.settings.timeout)
        let result: Result<Signed<ClusterManifest>, PinnedRecordRefusal>
        do throws(CancellationError) {
            result = try await self.fetch.fetch(through: self.reader, deadline: deadline, now: self.now)
        } catch {
            self.end(with: .failed(.closed))
            return
        }
        let outcome: RefreshOutcome
        do throws(RefreshFailure) {
            outcome = try self.take(result)
        } catch {
            outcome = .failed(error)
        }
        await self.keep()
        self.end(with: outcome)
    }

    /// Puts the manifest in use if it is newer, without suspension.
    private func take(
        _ result: Result<Signed<ClusterManifest>, PinnedRecordRefusal>
    ) throws(RefreshFailure) -> RefreshOutcome {
        let offered: Signed<ClusterManifest>
        switch result {
        case .success(let newest): offered = newest
        case .failure(let refusal): throw .noManifest(refusal)
        }
        let sequence = offered.body.sequence
        guard sequence >= self.highestSequence else {
            throw .lowerSequence(offered: sequence, known: self.highestSequence)
        }
        self.highestSequence = sequence
        guard sequence > self.manifest.body.sequence else { return .unchanged(sequence: sequence) }
        let nodes = try self.factory.nodes(of: offered.body)
        do throws(NetworkFailure) {
            try self.nodes.install(nodes, expires: offered.body.expires)
        } catch {
            throw .unusableNode(NodeID(""), error)
        }
        self.manifest = offered
        return .installed(sequence: sequence)
    }

    /// Leaves alone what another process has kept meanwhile, if that is newer.
    private func keep() async {
        let content = CachedManifest(
            cluster: self.fetch.cluster.zone,
            operatorKey: self.fetch.operatorKey,
            highestSequence: self.highestSequence,
            value: self.manifest.value
        )
        do throws(ManifestCacheFailure) {
            if await !self.cache.holds(content) { try await self.cache.store(content) }
            self.cacheFailure = nil
        } catch {
            self.cacheFailure = error
        }
    }

    private func end(with outcome: RefreshOutcome) {
        switch outcome {
        case .installed, .unchanged:
            self.consecutiveFailures = 0
            self.lastFailure = nil
        case .failed(let failure):
            self.consecutiveFailures += 1
            self.lastFailure = failure
        }
        let waiting = self.waiting ?? []
        self.waiting = nil
        self.settings.observe(outcome)
        for outcomes in waiting {
            outcomes.yield(outcome)
            outcomes.finish()
        }
    }
}

// MARK: - The loop

extension ManifestRefresher {
    private nonisolated func refreshRegularly(_ policy: RefreshPolicy) async {
        do {
            while true {
                let delay = await self.delay(by: policy)
                try await self.clock.sleep(until: self.clock.now.advanced(by: delay))
                try await self.refreshNow()
            }
        } catch {
            return  // cancelled
        }
    }

    private func delay(by policy: RefreshPolicy) -> Duration {
        let rest = self.now().seconds(until: self.manifest.body.expires)
        return policy.delay(
            afterFailures: self.consecutiveFailures,
            untilExpiry: .seconds(Int64(clamping: rest)),
            jitter: self.settings.jitter()
        )
    }
}
