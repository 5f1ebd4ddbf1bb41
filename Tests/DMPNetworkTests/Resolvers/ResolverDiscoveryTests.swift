import DMPNetwork
import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("Finding resolvers that work", .timeLimit(.minutes(1)))
struct ResolverDiscoveryTests {
    /// It stands still, so that on a slow machine nothing is asked twice.
    private let clock = ErasedClock(ManualClock())
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(20)) }

    /// What came of asking one server with this script.
    private func outcome(_ script: @escaping ScriptedDNSServer.Script) async throws -> ResolverDiscovery.Outcome? {
        let outcome = Shared<ResolverDiscovery.Outcome?>(nil)
        try await ScriptedDNSServer(script: script).run { address in
            let probes = try await ResolverDiscovery([address]).probe(until: self.soon, clock: self.clock)
            #expect(probes.map(\.resolver) == [address])
            outcome.change { $0 = probes.first?.outcome }
        }
        return outcome.value
    }

    @Test("A server with TXT records works, and is asked for those of google.com")
    func texts() async throws {
        let asked = Shared<[DNSQuestion]>([])
        let outcome = try await self.outcome { query, _ in
            asked.change { $0 += query.questions }
            return query.answered(texts: [Array("v=spf1".utf8)])
        }
        #expect(outcome == .working)
        #expect(asked.value.map(\.name) == [try DNSName("google.com")])
        #expect(asked.value.map(\.type) == [.txt])
    }

    @Test("Records that are too long for UDP count over TCP")
    func truncation() async throws {
        let texts = [[UInt8]](repeating: [UInt8](repeating: 0x61, count: 900), count: 2)
        let outcome = try await self.outcome { query, overTCP in
            query.answered(texts: texts, limit: overTCP ? nil : 1232)
        }
        #expect(outcome == .working)
    }

    @Test("A server that knows no such name works")
    func noSuchName() async throws {
        #expect(try await self.outcome { query, _ in query.answered(.noSuchName) } == .working)
    }

    @Test("A server that leaves the records out doesn't work")
    func noData() async throws {
        #expect(try await self.outcome { query, _ in query.answered() } == .withoutRecords)
    }

    @Test(
        "A server that fails or refuses doesn't work",
        arguments: [(.serverFailure, .serverFailure), (.refused, .refused)]
            as [(DNSResponseCode, NetworkFailure.Code)]
    )
    func failure(answer: DNSResponseCode, code: NetworkFailure.Code) async throws {
        let outcome = try await self.outcome { query, _ in query.answered(answer) }
        #expect(outcome.flatMap(self.code) == code)
    }

    @Test("Silent servers are asked at the same time, and given up together")
    func silence() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        let asked = Shared(0)
        let servers = (0..<3).map { _ in ScriptedDNSServer.silent(asked) }
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withThrowingTaskGroup(of: [ResolverDiscovery.Probe].self) { group in
                group.addTask {
                    let deadline = clock.now.advanced(by: .seconds(2))
                    return try await ResolverDiscovery(addresses).probe(until: deadline, clock: clock)
                }
                while asked.value < 3 { await Task.yield() }
                manual.advance(by: .seconds(2))
                let probes = try #require(try await group.next())
                #expect(probes.map(\.resolver) == addresses)
                #expect(probes.map(\.outcome).map(self.code) == [.timeout, .timeout, .timeout])
            }
        }
    }

    @Test("Where nobody listens nothing works")
    func unreachable() async throws {
        let address = Shared<UpstreamAddress?>(nil)
        try await ScriptedDNSServer { _, _ in nil }.run { running in address.change { $0 = running } }
        let probes = try await ResolverDiscovery([try #require(address.value)]).probe(
            until: self.soon,
            clock: self.clock
        )
        #expect(probes.first.flatMap { self.code(of: $0.outcome) } == .unreachable)
    }

    @Test("Each candidate is asked once, and stands where it was named first")
    func order() async throws {
        let servers = [
            ScriptedDNSServer { query, _ in query.answered() },
            ScriptedDNSServer { query, _ in query.answered(.noSuchName) },
        ]
        try await ScriptedDNSServer.run(servers) { addresses in
            let candidates = [addresses[1], addresses[0], addresses[1]]
            let probes = try await ResolverDiscovery(candidates).probe(until: self.soon, clock: self.clock)
            #expect(probes.map(\.resolver) == [addresses[1], addresses[0]])
            #expect(probes.map(\.outcome) == [.working, .withoutRecords])
        }
        #expect(servers.map(\.queryCounts.udp) == [1, 1])
    }

    @Test("No candidates are no probes")
    func nobody() async throws {
        #expect(try await ResolverDiscovery([]).probe(until: self.soon, clock: self.clock) == [])
    }

    @Test("Cancelled, a discovery throws nothing but that")
    func cancellation() async throws {
        let asked = Shared(0)
        try await ScriptedDNSServer.run([.silent(asked), .silent(asked)]) { addresses in
            let deadline = self.soon
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await ResolverDiscovery(addresses).probe(until: deadline, clock: self.clock)
                    }
                }
                while asked.value < 2 { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    @Test("Eight public resolvers are built in")
    func publicResolvers() {
        let expected = [
            "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222",
            "208.67.220.220",
        ]
        #expect(ResolverDiscovery.publicResolvers.map(\.description) == expected.map { "\($0):53" })
        #expect(ResolverDiscovery().candidates == ResolverDiscovery.publicResolvers)
    }

    private func code(of outcome: ResolverDiscovery.Outcome) -> NetworkFailure.Code? {
        guard case .failed(let failure) = outcome else { return nil }
        return failure.code
    }
}
