import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@Suite("The refresher of a cluster's manifest")
struct ManifestRefresherTests {
    private let alice: Operator
    private let mallory: Operator
    private let fetch: ClusterManifestFetch
    private let reader = StagedReader()
    private let cache = MemoryManifestCache()
    private let manual = ManualClock()

    init() throws {
        self.alice = try Operator(1)
        self.mallory = try Operator(2)
        self.fetch = try ClusterManifestFetch(RecordDomain("mesh.test"), operatorKey: self.alice.key)
    }

    private func stage(_ values: TXTValue...) throws {
        try self.reader.stage(.records(values), at: "cluster.mesh.test")
    }

    private func start(_ settings: ManifestRefresher.Settings = .init()) async throws -> ManifestRefresher {
        try await ManifestRefresher(
            self.fetch,
            through: self.reader,
            factory: .scripted,
            cache: self.cache,
            settings: settings,
            clock: ErasedClock(self.manual),
            now: { Operator.now }
        )
    }

    private func running<Value>(
        _ refresher: ManifestRefresher,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await refresher.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    @Test("The highest sequence of the pinned operator wins, among whatever else is there")
    func highestWins() async throws {
        try self.stage(
            TXTValue("v=spf1"),
            self.alice.manifest(7),
            self.mallory.manifest(99),
            self.alice.manifest(9, lifetime: 0),
            self.alice.manifest(8)
        )
        let refresher = try await self.start()
        #expect(await refresher.status().manifest.body.sequence == 8)
        #expect(refresher.nodes.current.map(\.id) == [NodeID("n8")])
    }

    @Test("A newer manifest changes the nodes, the same one changes nothing")
    func install() async throws {
        try self.stage(self.alice.manifest(7))
        let refresher = try await self.start()
        try await self.running(refresher) {
            #expect(try await refresher.refreshNow() == .unchanged(sequence: 7))
            try self.stage(self.alice.manifest(8))
            #expect(try await refresher.refreshNow() == .installed(sequence: 8))
            #expect(refresher.nodes.current.map(\.id) == [NodeID("n8")])
        }
        #expect(try await self.cache.load()?.highestSequence == 8)
    }

    enum Refused: CaseIterable {
        case lower, foreign, expired, otherName, badWriter, badReader, unreachable, nothing
    }

    @Test(
        "A manifest that can't be used is refused with its reason, and the old one stays",
        arguments: Refused.allCases
    )
    func refusal(_ refused: Refused) async throws {
        let silence = NetworkFailure(.timeout, "no answer")
        try self.stage(self.alice.manifest(7))
        let refresher = try await self.start()
        let expected: RefreshFailure
        switch refused {
        case .lower:
            try self.stage(self.alice.manifest(6))
            expected = .lowerSequence(offered: 6, known: 7)
        case .foreign:
            try self.stage(self.mallory.manifest(8))
            expected = .noManifest(.otherSigner)
        case .expired:
            try self.stage(self.alice.manifest(8, lifetime: 0))
            expected = .noManifest(.expired)
        case .otherName:
            try self.stage(self.alice.manifest(8, name: "other.test"))
            expected = .noManifest(.otherName)
        case .badWriter:
            try self.stage(self.alice.manifest(8, endpoint: "nonsense"))
            expected = .unusableNode(NodeID("n8"), NetworkFailure(.invalidConfiguration, "no writer"))
        case .badReader:
            try self.stage(self.alice.manifest(8, endpoint: "https://unread"))
            expected = .unusableNode(NodeID("n8"), NetworkFailure(.invalidConfiguration, "no reader"))
        case .unreachable:
            try self.reader.stage(.unavailable(silence), at: "cluster.mesh.test")
            expected = .noManifest(.unreachable(silence))
        case .nothing:
            try self.reader.stage(.absent, at: "cluster.mesh.test")
            expected = .noManifest(.absent)
        }
        let outcome = try await self.running(refresher) { try await refresher.refreshNow() }
        #expect(outcome == .failed(expected))
        let status = await refresher.status()
        #expect(status.manifest.body.sequence == 7)
        #expect(status.lastFailure == expected)
        #expect(refresher.nodes.current.map(\.id) == [NodeID("n7")])
    }

    @Test("An expired first manifest is refused")
    func expiredFirst() async throws {
        try self.stage(self.alice.manifest(7, lifetime: 0))
        await #expect(throws: RefreshFailure.noManifest(.expired)) { try await self.start() }
    }

    @Test("A start without an answer uses the cached manifest, and an older one doesn't come back")
    func cachedStart() async throws {
        try self.stage(self.alice.manifest(7))
        _ = try await self.start()
        try self.reader.stage(.absent, at: "cluster.mesh.test")
        #expect(try await self.start().status().manifest.body.sequence == 7)
        try self.stage(self.alice.manifest(6))
        let status = try await self.start().status()
        #expect(status.manifest.body.sequence == 7)
        #expect(status.lastFailure == .lowerSequence(offered: 6, known: 7))
    }

    @Test("A cached manifest is verified again", arguments: [true, false])
    func cachedVerified(isForeign: Bool) async throws {
        let value = isForeign ? try self.mallory.manifest(7) : try self.alice.manifest(7, lifetime: 0)
        let zone = try ZoneName("mesh.test")
        try await self.cache.store(
            CachedManifest(cluster: zone, operatorKey: self.alice.key, highestSequence: 7, value: value)
        )
        await #expect(throws: RefreshFailure.noManifest(.absent)) { try await self.start() }
    }

    @Test("Callers join the refresh in flight")
    func join() async throws {
        try self.stage(self.alice.manifest(7))
        let refresher = try await self.start()
        let gate = self.reader.pause()
        try self.stage(self.alice.manifest(8))
        try await self.running(refresher) {
            let outcomes = try await withThrowingTaskGroup(of: RefreshOutcome.self) { group in
                for _ in 0..<5 { group.addTask { try await refresher.refreshNow() } }
                while await refresher.waitingCount < 5 { await Task.yield() }
                gate.finish()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == Array(repeating: .installed(sequence: 8), count: 5))
        }
        #expect(self.reader.readCount == 2)
    }

    @Test("The loop refreshes after the interval and tells how it went")
    func loop() async throws {
        let (outcomes, sink) = AsyncStream<RefreshOutcome>.makeStream()
        var settings = ManifestRefresher.Settings()
        settings.policy = RefreshPolicy(interval: .seconds(100))
        settings.observe = { sink.yield($0) }
        try self.stage(self.alice.manifest(7))
        let refresher = try await self.start(settings)
        try self.stage(self.alice.manifest(8))
        try await self.running(refresher) {
            await self.manual.waitForSleepers()
            self.manual.advance(by: .seconds(111))
            let outcome = await outcomes.first { _ in true }
            #expect(outcome == .installed(sequence: 8))
        }
        #expect(await refresher.waitingCount == 0)
        #expect(self.manual.sleeperCount == 0)
    }
}
