import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("A pool over addresses", .timeLimit(.minutes(1)))
struct ResolverPoolAddressTests {
    private let name: OwnerName
    /// It stands still, so that on a slow machine nothing is asked twice.
    private let clock = ErasedClock(ManualClock())
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(20)) }

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    @Test("Each server is asked at its own port")
    func ports() async throws {
        let servers = [
            ScriptedDNSServer { query, _ in query.answered(.serverFailure) },
            ScriptedDNSServer { query, _ in query.answered(texts: [[0x61]]) },
        ]
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withResolverPool(addresses: addresses, clock: self.clock) { pool in
                let result = try await pool.read(self.name, deadline: self.soon)
                #expect(result == .records([TXTValue("a")]))
                let status = await pool.snapshot()
                #expect(status.map(\.address) == addresses.map(\.description))
                #expect(status.map(\.consecutiveFailures) == [1, 0])
            }
        }
        #expect(servers.map(\.queryCounts.udp) == [1, 1])
    }

    @Test("A silent server costs the hedge delay")
    func silence() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        let asked = Shared(0)
        let servers = [
            ScriptedDNSServer.silent(asked), ScriptedDNSServer { query, _ in query.answered(texts: [[0x61]]) },
        ]
        let name = self.name
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withResolverPool(addresses: addresses, clock: clock) { pool in
                try await withThrowingTaskGroup(of: ReadResult.self) { group in
                    group.addTask { try await pool.read(name, deadline: clock.now.advanced(by: .seconds(20))) }
                    while asked.value == 0 { await Task.yield() }
                    manual.advance(by: .milliseconds(250))
                    let result = try await group.next()
                    #expect(result == .records([TXTValue("a")]))
                }
            }
        }
    }

    @Test("A value at the last server beats the others' absences")
    func oracle() async throws {
        let servers = [
            ScriptedDNSServer { query, _ in query.answered(.noSuchName) },
            ScriptedDNSServer { query, _ in query.answered(texts: [[0x61]]) },
        ]
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withResolverPool(addresses: addresses, clock: self.clock) { pool in
                let result = try await pool.read(self.name, absence: .decisive, deadline: self.soon)
                #expect(result == .records([TXTValue("a")]))
            }
        }
    }

    @Test("When all fail, the first is named once")
    func failure() async throws {
        let servers = (0..<2).map { _ in ScriptedDNSServer { query, _ in query.answered(.refused) } }
        try await ScriptedDNSServer.run(servers) { addresses in
            try await withResolverPool(addresses: addresses, clock: self.clock) { pool in
                let result = try await pool.read(self.name, deadline: self.soon)
                let message = "\(addresses[0]) refused to answer (REFUSED), and 1 more failed"
                #expect(result == .unavailable(NetworkFailure(.refused, message)))
            }
        }
    }

    @Test("A list without servers is refused")
    func empty() async throws {
        await #expect(throws: NetworkFailure.self) {
            try await withResolverPool(addresses: [], clock: self.clock) { _ in }
        }
    }

    @Test("After its end a pool is closed")
    func closed() async throws {
        let server = ScriptedDNSServer { query, _ in query.answered() }
        try await server.run { address in
            let kept = Shared<ResolverPool?>(nil)
            try await withResolverPool(addresses: [address, address], clock: self.clock) { pool in
                kept.change { $0 = pool }
            }
            let result = try await kept.value?.read(self.name, deadline: self.soon)
            guard case .unavailable(let failure) = result else {
                Issue.record("\(String(describing: result))")
                return
            }
            #expect(failure.code == .closed)
        }
    }
}
