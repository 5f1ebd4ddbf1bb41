import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

/// A node whose store answers after a round trip.
private final class DistantNode: RecordReader, RecordWriter {
    let store = MemoryRecordStore { Operator.now }
    private let clock: ErasedClock
    private let roundTrip: Duration

    init(_ roundTrip: Duration, clock: ErasedClock) {
        self.clock = clock
        self.roundTrip = roundTrip
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        try await self.travel()
        return try await self.store.read(name, deadline: deadline)
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.travel()
        return try await self.store.publish(value, at: name, ttl: ttl, deadline: deadline)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.travel()
        return try await self.store.delete(value, at: name, deadline: deadline)
    }

    private func travel() async throws(CancellationError) {
        do { try await self.clock.sleep(until: self.clock.now.advanced(by: self.roundTrip)) } catch {
            throw CancellationError()
        }
    }
}

@Suite("Changing the nodes of a cluster in use")
struct RollOverTests {
    /// Which nodes the manifests with the sequences 7 and 8 list.
    @Test(
        "From sequence 7 to 8, with reads and writes under way, nothing is lost",
        arguments: [
            (["a", "b"], ["a", "b", "c"]), (["a", "b", "c"], ["a", "b"]), (["a", "b", "c"], ["b", "c", "d"]),
        ]
    )
    func rollOver(old: [String], new: [String]) async throws {
        let world = try RefresherWorld()
        func manifest(_ sequence: UInt64, _ ids: [String]) throws -> TXTValue {
            try world.alice.manifest(
                sequence,
                nodes: ids.map { try .init(id: $0, httpEndpoint: "https://\($0).test", dnsEndpoint: nil) }
            )
        }
        try world.publish(manifest(7, old))
        let newest = try manifest(8, new)
        try await VirtualTime.run { clock in
            let milliseconds = ["a": 30, "b": 50, "c": 70, "d": 90]
            let nodes = milliseconds.mapValues { DistantNode(.milliseconds($0), clock: clock) }
            let refresher = try await world.refresher(factory: Self.factory(nodes), clock: clock)
            let lost = try await refresher.running {
                try await withUnionReader(of: refresher.nodes, clock: clock) { reader in
                    try await withFanoutWriter(of: refresher.nodes, clock: clock, now: { Operator.now }) { writer in
                        async let refresh = Self.refresh(refresher, at: 200, world: world, newest: newest, clock: clock)
                        let lost = try await Self.messages(through: reader, writer, clock: clock)
                        #expect(try await refresh == .installed(sequence: 8))
                        return lost
                    }
                }
            }
            #expect(lost == [])
            #expect(refresher.nodes.current.map(\.id.text) == new)
        }
    }

    private static func factory(_ nodes: [String: DistantNode]) -> ClusterNodeFactory {
        ClusterNodeFactory { (node) throws(NetworkFailure) in
            guard let found = nodes[node.id] else { throw NetworkFailure(.invalidConfiguration, "unknown") }
            return found
        } writer: { (node) throws(NetworkFailure) in
            guard let found = nodes[node.id] else { throw NetworkFailure(.invalidConfiguration, "unknown") }
            return found
        }
    }

    private static func refresh(
        _ refresher: ManifestRefresher,
        at milliseconds: Int,
        world: RefresherWorld,
        newest: TXTValue,
        clock: ErasedClock
    ) async throws -> RefreshOutcome {
        try await clock.sleep(until: ErasedClock.at(milliseconds))
        try world.publish(newest)
        return try await refresher.refreshNow()
    }

    /// Publishes a hundred values, one every 7 ms, and reads each as soon as it is acknowledged.
    ///
    /// - Returns: Those that were refused, or not found.
    private static func messages(
        through reader: UnionReader,
        _ writer: FanoutWriter,
        clock: ErasedClock
    ) async throws -> [Int] {
        let found = try await Array(0..<100).concurrentMap(width: 100) { number in
            try await clock.sleep(until: ErasedClock.at(number * 7))
            let (name, value) = (try OwnerName("m\(number).mesh.test"), TXTValue("\(number)"))
            let deadline = clock.now.advanced(by: .seconds(5))
            let result = try await writer.publish(value, at: name, ttl: 300, deadline: deadline)
            let read = try await reader.read(name, deadline: deadline)
            return result == .accepted && read == .records([value])
        }
        return found.indices.filter { !found[$0] }
    }
}
