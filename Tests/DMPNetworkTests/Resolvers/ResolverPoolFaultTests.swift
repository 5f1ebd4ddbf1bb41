import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

/// What is wrong with one DNS server.
enum ResolverFault: String, Sendable, CaseIterable {
    case none
    case closedPort = "closed port"
    case dead
    case serverFailure = "SERVFAIL"
    case refused = "REFUSED"
    case truncates = "truncates, TCP works"
    case truncatesAlways = "truncates, TCP is dead"
    case lies = "lying NXDOMAIN"
    case slow = "answers after 400 ms"
    case otherQuestion = "answers another question"
    case flipsCase = "flips case"
    case garbage

    /// What the first query of a pool takes if this server stands first.
    var milliseconds: Int {
        switch self {
        case .dead, .slow, .otherQuestion: 200  // the hedge delay of a pool that has learnt nothing yet
        default: 0
        }
    }

    /// How often it has failed once all that is late has come.
    var failures: Int {
        switch self {
        case .none, .truncates, .slow, .flipsCase: 0
        default: 1
        }
    }

    func server(on clock: ErasedClock) -> ScriptedDNSServer {
        let texts: [[UInt8]] = [[0x61]]
        let long = [[UInt8](repeating: 0x61, count: 2_000)]
        return ScriptedDNSServer { query, overTCP in
            switch self {
            case .none: return query.answered(texts: texts)
            case .closedPort, .dead: return nil
            case .serverFailure: return query.answered(.serverFailure)
            case .refused: return query.answered(.refused)
            case .truncates: return overTCP ? query.answered(texts: texts) : query.answered(texts: long, limit: 512)
            case .truncatesAlways: return overTCP ? nil : query.answered(texts: long, limit: 512)
            case .lies: return query.answered(.noSuchName)
            case .slow:
                do { try await clock.sleep(until: ErasedClock.at(400)) } catch { return nil }
                return query.answered(texts: texts)
            case .otherQuestion: return query.answered(texts: texts, renamed: { _ in "other.test" })
            case .flipsCase: return query.answered(texts: texts, renamed: { $0.uppercased() })
            case .garbage:
                var bytes = query.answered(texts: texts)
                bytes[7] = 9  // announces nine answers
                return bytes
            }
        }
    }
}

extension DNSMessage {
    /// An answer in which the question's name is another.
    fileprivate func answered(texts: [[UInt8]], renamed change: (String) -> String) -> [UInt8]? {
        guard let old = self.questions.first?.name, let name = try? DNSName(change(old.description)) else { return nil }
        var query = self
        query.questions[0].name = name
        return query.answered(texts: texts)
    }
}

@Suite("A pool of three DNS servers, one of them at fault", .timeLimit(.minutes(1)))
struct ResolverPoolFaultTests {
    private let manual = ManualClock()
    private let clock: ErasedClock

    init() {
        self.clock = ErasedClock(self.manual)
    }

    @Test(
        "The fault costs the hedge delay at most, and only where it stands first",
        arguments: ResolverFault.allCases,
        0..<3
    )
    func oneOfThree(fault: ResolverFault, place: Int) async throws {
        let faults = (0..<3).map { $0 == place ? fault : .none }
        let clock = self.clock
        let servers = faults.map { $0.server(on: clock) }
        try await ScriptedDNSServer.run(servers) { addresses in
            var addresses = addresses
            if fault == .closedPort { addresses[place] = try await Self.unused() }
            try await withResolverPool(addresses: addresses, clock: clock) { pool in
                let expected = place == 0 ? fault.milliseconds : 0
                let first = try await self.read(pool, advancing: expected, once: servers[0])
                #expect(first == .records([TXTValue("a")]))
                #expect(clock.now == ErasedClock.at(expected))
                // Late answers and limits come now.
                self.manual.advance(by: .milliseconds(400 - expected))
                if fault == .slow { await Self.until { await pool.snapshot()[0].lastSuccess != nil || place > 0 } }
                self.manual.advance(by: .seconds(10))
                await Self.until { pool.queryCount == 0 }
                let failures = await pool.snapshot().map(\.consecutiveFailures)
                #expect(failures == (0..<3).map { $0 == 0 && place == 0 ? fault.failures : 0 })
                // The next query asks somebody who works.
                let now = clock.now
                let second = try await self.read(pool, advancing: 0, once: servers[0])
                #expect(second == .records([TXTValue("a")]))
                #expect(clock.now == now)
            }
        }
    }

    /// Reads once, and moves the time when `server` has been asked.
    private func read(
        _ pool: ResolverPool,
        advancing milliseconds: Int,
        once server: ScriptedDNSServer
    ) async throws -> ReadResult {
        let name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
        let deadline = self.clock.now.advanced(by: .seconds(10))
        async let result = pool.read(name, deadline: deadline)
        if milliseconds > 0 {
            await Self.until { server.queryCounts.udp > 0 }
            self.manual.advance(by: .milliseconds(milliseconds))
        }
        return try await result
    }

    private static func until(_ condition: () async -> Bool) async {
        while await !condition() { await Task.yield() }
    }

    /// An address where nobody listens any more.
    private static func unused() async throws -> UpstreamAddress {
        let address = Shared<UpstreamAddress?>(nil)
        try await ScriptedDNSServer { _, _ in nil }.run { found in address.change { $0 = found } }
        return try #require(address.value)
    }
}
