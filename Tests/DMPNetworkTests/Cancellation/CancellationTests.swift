import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

/// Each operation is cancelled at its first, second, third... suspension. Nothing may be left that goes on.
@Suite("Cancelled at every suspension", .timeLimit(.minutes(5)))
struct CancellationTests {
    private static let name = "a.example"

    // MARK: Pool

    struct PoolWorld: Sendable {
        let pool: ResolverPool
        let readers: [ScriptedReader]
    }

    @Test("A read through a pool leaves no question and no permit", arguments: [AbsenceNeed.decisive, .provisional])
    func pool(absence: AbsenceNeed) async throws {
        let count = try await CancelEverywhere.run { clock, group in
            let readers = [.silence, .absent(after: 30), .failure(.refused), .records("a")].map {
                ScriptedReader($0, clock: clock)
            }
            var settings = ResolverPool.Settings()
            settings.width = 1
            settings.audits = { true }
            let upstreams = readers.enumerated().map { ResolverPool.Upstream(address: "\($0)", reader: $1) }
            let pool = try ResolverPool(upstreams, settings: settings, clock: clock)
            group.addTask { await pool.run() }
            return PoolWorld(pool: pool, readers: readers)
        } operation: { world in
            let deadline = world.readers[0].clock.now.advanced(by: .seconds(2))
            return try await world.pool.read(OwnerName(Self.name), absence: absence, deadline: deadline)
        } check: { world, result, clock in
            #expect(result.isValueOrCancellation)
            if case .failure = result {
                #expect(world.pool.queryCount == 0)
                #expect(world.readers.map(\.underWayCount) == [0, 0, 0, 0])
            }
            try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
            #expect(world.pool.queryCount == 0)
            #expect(world.readers.map(\.underWayCount) == [0, 0, 0, 0])
            // A permit that was lost would let this one wait.
            for reader in world.readers { reader.behave(.records("b")) }
            let deadline = clock.now.advanced(by: .seconds(1))
            let next = try await world.pool.read(OwnerName(Self.name), deadline: deadline)
            #expect(next.summary == "[b]")
        }
        #expect(count > 10)
    }

    // MARK: Cluster

    struct UnionWorld: Sendable {
        let cluster: Cluster
        let reader: UnionReader
    }

    @Test("A read of a cluster leaves no question")
    func union() async throws {
        let count = try await CancelEverywhere.run { clock, group in
            let cluster = try Cluster(readers: [.absent(), .silence, .records("a", after: 400)], clock: clock)
            let reader = UnionReader(nodes: cluster.nodes, clock: clock)
            group.addTask { await reader.run() }
            return UnionWorld(cluster: cluster, reader: reader)
        } operation: { world in
            try await world.cluster.decide(world.reader)
        } check: { world, result, clock in
            #expect(result.isValueOrCancellation)
            if case .failure = result {
                #expect(world.reader.queryCount == 0)
                #expect(world.cluster.readers.map(\.underWayCount) == [0, 0, 0])
            }
            try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
            #expect(world.reader.queryCount == 0)
            #expect(world.cluster.readers.map(\.underWayCount) == [0, 0, 0])
            for reader in world.cluster.readers { reader.behave(.records("b")) }
            let next = try await world.cluster.poll(world.reader)
            #expect(next.summary == "[b]")
        }
        #expect(count > 10)
    }

    struct FanoutWorld: Sendable {
        let cluster: Cluster
        let writer: FanoutWriter
    }

    @Test("A write to a cluster leaves nothing under way, and no place in a line", arguments: [true, false])
    func fanout(isDelete: Bool) async throws {
        let count = try await CancelEverywhere.run { clock, group in
            let cluster = try Cluster(writers: [.accepts(), .fails(), .accepts(after: 40), .silence], clock: clock)
            let writer = FanoutWriter(nodes: cluster.nodes, clock: clock, now: { Operator.now })
            group.addTask { await writer.run() }
            return FanoutWorld(cluster: cluster, writer: writer)
        } operation: { world in
            if isDelete { return try await world.cluster.delete("a", with: world.writer) }
            return try await world.cluster.publish("a", with: world.writer)
        } check: { world, result, clock in
            #expect(result.isValueOrCancellation)
            if case .failure = result {
                #expect(world.writer.writeCount == 0)
                #expect(world.cluster.writers.map(\.underWayCount) == [0, 0, 0, 0])
                // Where the result was on its way already, a node may still have to be told of the delete.
                #expect(isDelete || world.writer.pendingDeleteCount == 0)
            }
            for writer in world.cluster.writers { writer.behave(.accepts()) }
            try await clock.sleep(until: clock.now.advanced(by: .seconds(30)))
            #expect(world.writer.writeCount == 0 && world.writer.pendingDeleteCount == 0)
            #expect(world.cluster.writers.map(\.underWayCount) == [0, 0, 0, 0])
            // The same value again: a place that was kept in the line would let this one wait.
            let next = try await clock.timed { try await world.cluster.publish("a", with: world.writer) }
            #expect(next.value.result == .accepted && next.milliseconds == 20)
        }
        #expect(count > 10)
    }

    // MARK: Manifest and bootstrap

    @Test("A refresh is left by its caller at any time, and goes on")
    func refresher() async throws {
        let count = try await CancelEverywhere.run { clock, group in
            let world = try RefresherWorld()
            try world.publish(world.alice.manifest(7))
            let refresher = try await world.refresher(clock: clock)
            try world.publish(world.alice.manifest(8))
            group.addTask { await refresher.run() }
            return refresher
        } operation: { refresher in
            try await refresher.refreshNow()
        } check: { refresher, result, clock in
            #expect(result.isValueOrCancellation)
            try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
            #expect(await refresher.waitingCount == 0)
            let next = try await refresher.refreshNow()
            #expect(next == .unchanged(sequence: 8) || next == .installed(sequence: 8))
        }
        #expect(count > 3)
    }

    @Test("A refresher that ends at any time leaves nobody waiting")
    func endOfRefresher() async throws {
        let count = try await CancelEverywhere.run { clock, _ in
            let world = try RefresherWorld()
            try world.publish(world.alice.manifest(7))
            let refresher = try await world.refresher(clock: clock) {
                $0.policy = RefreshPolicy(interval: .seconds(60))
            }
            try world.publish(world.alice.manifest(8))
            return refresher
        } operation: { refresher in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await refresher.run() }
                defer { group.cancelAll() }
                return try await refresher.refreshNow()
            }
        } check: { refresher, result, _ in
            #expect(result.isValueOrCancellation)
            #expect(await refresher.waitingCount == 0)
            // Either it never ran, and closes with its task now, or it is closed.
            let running = Task { await refresher.run() }
            running.cancel()
            let sequence = await refresher.status().manifest.body.sequence
            #expect(refresher.nodes.current.map(\.id) == [NodeID("n\(sequence)")])
        }
        #expect(count > 3)
    }

    @Test("A bootstrap discovery leaves no question")
    func discovery() async throws {
        let count = try await CancelEverywhere.run { clock, _ in
            try DiscoveryWorld(clock: clock)
        } operation: { world in
            try await world.discover(within: .seconds(9))
        } check: { world, result, _ in
            #expect(result.isValueOrCancellation)
            #expect(world.reader.underWayCount == 0)
        }
        #expect(count > 3)
    }
}
