import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Foundation
import Testing

@Suite("The refresher of a cluster's manifest, in the course of time", .timeLimit(.minutes(1)))
struct ManifestRefresherLifetimeTests {
    private let world: RefresherWorld

    init() throws {
        self.world = try RefresherWorld()
        try self.world.publish(self.world.alice.manifest(7))
    }

    // MARK: Callers

    @Test("Who is cancelled leaves, and the refresh goes on for the others")
    func cancelledCaller() async throws {
        let refresher = try await self.world.refresher()
        let gate = self.world.reader.pause()
        try self.world.publish(self.world.alice.manifest(8))
        try await refresher.running {
            let (leaving, staying) = (
                Task { try await refresher.refreshNow() }, Task { try await refresher.refreshNow() }
            )
            while await refresher.waitingCount < 2 { await Task.yield() }
            leaving.cancel()
            await #expect(throws: CancellationError.self) { try await leaving.value }
            gate.finish()
            let outcome = try await staying.value
            #expect(outcome == .installed(sequence: 8))
        }
        #expect(self.world.reader.readCount == 2)
    }

    @Test("All callers cancelled, the refresh still takes effect")
    func nobodyWaits() async throws {
        let (outcomes, sink) = AsyncStream<RefreshOutcome>.makeStream()
        let refresher = try await self.world.refresher { $0.observe = { sink.yield($0) } }
        let gate = self.world.reader.pause()
        try self.world.publish(self.world.alice.manifest(8))
        try await refresher.running {
            let caller = Task { try await refresher.refreshNow() }
            while self.world.reader.readCount < 2 { await Task.yield() }
            caller.cancel()
            await #expect(throws: CancellationError.self) { try await caller.value }
            gate.finish()
            let outcome = await outcomes.first { _ in true }
            #expect(outcome == .installed(sequence: 8))
        }
    }

    @Test("Who is cancelled before the call starts no refresh")
    func cancelledBefore() async throws {
        let refresher = try await self.world.refresher()
        let caller = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await refresher.refreshNow()
        }
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(await refresher.waitingCount == 0)
        #expect(self.world.reader.readCount == 1)
    }

    @Test("A refresher that ends during a refresh tells so, and the old manifest stays; after it, it is closed")
    func closed() async throws {
        let refresher = try await self.world.refresher()
        let gate = self.world.reader.pause()
        try self.world.publish(self.world.alice.manifest(8))
        let running = Task { await refresher.run() }
        let caller = Task { try await refresher.refreshNow() }
        while self.world.reader.readCount < 2 { await Task.yield() }
        running.cancel()
        #expect(try await caller.value == .failed(.closed))
        await running.value
        gate.finish()
        #expect(try await refresher.refreshNow() == .failed(.closed))
        #expect(await refresher.waitingCount == 0)
        #expect(refresher.nodes.current.map(\.id) == [NodeID("n7")])
    }

    @Test("A start that is cancelled throws nothing but that")
    func cancelledStart() async throws {
        let gate = self.world.reader.pause()
        let start = Task { try await self.world.refresher() }
        while self.world.reader.readCount < 1 { await Task.yield() }
        start.cancel()
        gate.finish()
        await #expect(throws: CancellationError.self) { try await start.value }
    }

    // MARK: The cache

    @Test("A cache that can't be read or written is told about, and costs nothing else")
    func failingCache() async throws {
        let cache = FailingCache()
        cache.fail(loading: true, storing: true)
        let refresher = try await self.world.refresher(cache: cache)
        #expect(await refresher.status().cacheFailure == ManifestCacheFailure("can't be read"))
        try await refresher.running {
            cache.fail(storing: true)
            try self.world.publish(self.world.alice.manifest(8))
            let outcome = try await refresher.refreshNow()
            #expect(outcome == .installed(sequence: 8))
            #expect(await refresher.status().cacheFailure == ManifestCacheFailure("can't be written"))
            cache.fail()
            _ = try await refresher.refreshNow()
            #expect(await refresher.status().cacheFailure == nil)
        }
    }

    @Test("A damaged cache file is told about and repaired; without a published manifest there is no start")
    func damagedFile() async throws {
        let path = NSTemporaryDirectory() + "/manifest-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let cache = FileManifestCache(path: path)
        try Data("cluster mesh.test\noperator ".utf8).write(to: URL(filePath: path))
        try self.world.reader.stage(.absent, at: "cluster.mesh.test")
        await #expect(throws: RefreshFailure.noManifest(.absent)) { try await self.world.refresher(cache: cache) }
        try self.world.publish(self.world.alice.manifest(7))
        let failure = try await self.world.refresher(cache: cache).status().cacheFailure
        #expect(failure?.message == "\(path) is not a file of this kind")
        #expect(try await cache.load()?.highestSequence == 7)
        try self.world.reader.stage(.absent, at: "cluster.mesh.test")
        #expect(try await self.world.refresher(cache: cache).status().manifest.body.sequence == 7)
    }

    @Test("What another process has found is not overwritten with something older")
    func twoProcesses() async throws {
        let cache = MemoryManifestCache()
        let old = try await self.world.refresher(cache: cache)
        try self.world.publish(self.world.alice.manifest(8))
        _ = try await self.world.refresher(cache: cache)
        try self.world.reader.stage(.absent, at: "cluster.mesh.test")
        try await old.running { _ = try await old.refreshNow() }
        #expect(try await cache.load()?.highestSequence == 8)
        let foreign = CachedManifest(
            cluster: self.world.fetch.cluster.zone,
            operatorKey: try Operator(2).key,
            highestSequence: 99,
            value: nil
        )
        try await cache.store(foreign)
        try self.world.publish(self.world.alice.manifest(7))
        let fresh = try await self.world.refresher(cache: cache)
        #expect(await fresh.status().manifest.body.sequence == 7)
        #expect(try await cache.load()?.operatorKey == self.world.alice.key)
    }

    // MARK: The loop

    @Test("The wait has jitter, and is short after a failure", arguments: [(0.0, 90, 4), (0.999, 109, 5)])
    func waits(jitter: Double, usual: Int, afterFailure: Int) async throws {
        let (outcomes, sink) = AsyncStream<RefreshOutcome>.makeStream()
        let refresher = try await self.world.refresher { settings in
            settings.policy = RefreshPolicy(interval: .seconds(100))
            settings.jitter = { jitter }
            settings.observe = { sink.yield($0) }
        }
        try self.world.reader.stage(.absent, at: "cluster.mesh.test")
        try await refresher.running {
            var iterator = outcomes.makeAsyncIterator()
            for wait in [usual, afterFailure] {
                await self.world.manual.waitForSleepers()
                self.world.manual.advance(by: .seconds(wait) - .milliseconds(1))
                #expect(self.world.manual.sleeperCount == 1)
                self.world.manual.advance(by: .seconds(1))
                let outcome = await iterator.next()
                #expect(outcome == .failed(.noManifest(.absent)))
            }
        }
        #expect(self.world.manual.sleeperCount == 0)
    }

    @Test("Without an interval nothing is refreshed by itself, but when asked")
    func off() async throws {
        let refresher = try await self.world.refresher { $0.policy = RefreshPolicy(interval: .seconds(0)) }
        try self.world.publish(self.world.alice.manifest(8))
        try await refresher.running {
            for _ in 0..<100 { await Task.yield() }
            #expect(self.world.manual.sleeperCount == 0)
            #expect(self.world.reader.readCount == 1)
            let outcome = try await refresher.refreshNow()
            #expect(outcome == .installed(sequence: 8))
        }
    }

    // MARK: Expiry

    @Test("An expired manifest is read from and not written to, until a newer one comes")
    func expiry() async throws {
        try self.world.publish(self.world.alice.manifest(7, lifetime: 60))
        let refresher = try await self.world.refresher()
        let name = try OwnerName("a.mesh.test")
        let clock = ErasedClock(self.world.manual)
        let deadline = clock.now.advanced(by: .seconds(5))
        let wall = self.world.wall
        try await refresher.running {
            try await withFanoutWriter(of: refresher.nodes, clock: clock, now: { wall.value }) { writer in
                let before = try await writer.publish(TXTValue("a"), at: name, ttl: 60, deadline: deadline)
                wall.change { $0 = $0.adding(60) }
                #expect(await refresher.status().isExpired)
                let after = try await writer.publish(TXTValue("b"), at: name, ttl: 60, deadline: deadline)
                #expect([before, after].map(\.summary) == ["accepted", "unavailable manifestExpired"])
                let read = try await withUnionReader(of: refresher.nodes, clock: clock) { reader in
                    try await reader.read(name, deadline: deadline)
                }
                #expect(read == .absent)
                let refused = try await refresher.refreshNow()
                #expect(refused == .failed(.noManifest(.expired)))
                try self.world.publish(self.world.alice.manifest(8))
                _ = try await refresher.refreshNow()
                let renewed = try await writer.publish(TXTValue("c"), at: name, ttl: 60, deadline: deadline)
                #expect(renewed == .accepted)
            }
        }
    }
}
