import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSTransport
import Synchronization
import Testing

@Suite("What a poll of an empty mailbox costs")
struct PollCostTests {
    @Test("Five zones at three resolvers take fewer than 70 queries, where 150 names and resolvers could be asked")
    func fiveZones() async throws {
        let world = try World()
        let clock = ErasedClock(world.clock)
        let resolvers = (0..<3).map { _ in FaultyNetwork(world.store) }
        let upstreams = resolvers.enumerated().map { ResolverPool.Upstream(address: "192.0.2.\($0)", reader: $1) }
        let draws = Atomic<Int>(0)
        var settings = ResolverPool.Settings()
        settings.audits = { draws.add(1, ordering: .relaxed).newValue.isMultiple(of: 4) }  // as often as by chance
        let polls = try await withResolverPool(upstreams, settings: settings, clock: clock) { pool in
            let bob = try world.user("bob", reader: pool)
            for number in 1...4 {
                try await bob.pin(world.user("contact-\(number)", zone: "zone-\(number).test"))
            }
            var polls: [[Int]] = []
            for _ in 0..<3 {
                let before = resolvers.map(\.reads.count)
                let report = try await bob.client.receive()
                #expect(report.messages.isEmpty && report.failures.isEmpty && report.namesAsked == 50)
                while pool.queryCount > 0 { await Task.yield() }
                polls.append(zip(resolvers, before).map { $0.reads.count - $1 })
            }
            return polls
        }
        print("queries of an empty poll of 5 zones, by resolver: \(polls)")
        for poll in polls {
            #expect(poll[0] == 50)
            #expect(poll.reduce(0, +) <= 63)
        }
    }
}
