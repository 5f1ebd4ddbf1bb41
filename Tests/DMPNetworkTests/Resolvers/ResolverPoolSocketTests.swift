import DMPNetwork
import DMPProtocol
import DNSTransport
import DNSWire
import Testing

@Suite("A pool of DNS servers", .timeLimit(.minutes(1)))
struct ResolverPoolSocketTests {
    @Test("A silent server, one that fails and a good one, by their addresses")
    func threeServers() async throws {
        let silent = ScriptedDNSServer { _, _ in nil }
        let failing = ScriptedDNSServer { query, _ in query.answered(.serverFailure) }
        let good = ScriptedDNSServer { query, _ in query.answered(texts: [Array("value".utf8)]) }
        let name = try OwnerName("a.example")
        try await silent.run { first in
            try await failing.run { second in
                try await good.run { third in
                    try await withResolverPool(addresses: [first, second, third]) { pool in
                        let deadline = ErasedClock.continuous.now.advanced(by: .seconds(20))
                        let answer = try await pool.read(name, deadline: deadline)
                        #expect(answer == .records([TXTValue("value")]))
                        let statuses = await pool.snapshot()
                        #expect(statuses.map(\.address) == [first, second, third].map { "\($0)" })
                        #expect(statuses.map(\.isPreferred) == [true, false, true])
                        #expect(statuses[2].roundTrip != nil)
                    }
                }
            }
        }
    }
}
