import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("Reading from one DNS server", .timeLimit(.minutes(1)))
struct UpstreamReaderTests {
    private let name: OwnerName
    /// It stands still, so that on a slow machine nothing is asked twice.
    private let clock = ErasedClock(ManualClock())
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(20)) }

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    /// What a reader says about the name, asking a server with this script.
    private func read(from server: ScriptedDNSServer) async throws -> ReadResult? {
        let result = Shared<ReadResult?>(nil)
        try await server.run { upstream in
            try await withUpstreamReader(upstream, clock: self.clock) { reader in
                #expect(reader.upstream == upstream)
                let answer = try await reader.read(self.name, deadline: self.soon)
                result.change { $0 = answer }
            }
        }
        return result.value
    }

    @Test("Values come whole and as bytes, over UDP")
    func values() async throws {
        let values = [Array("v=dmp1;t=chunk;d=AAAA".utf8), [UInt8](repeating: 0x61, count: 300), [0xff, 0x00]]
        let server = ScriptedDNSServer { query, _ in query.answered(texts: values) }
        #expect(try await self.read(from: server) == .records(values.map { TXTValue($0) }))
        #expect(server.queryCounts == (1, 0))
    }

    @Test("What is too long for UDP comes over TCP")
    func truncation() async throws {
        let values = (0..<40).map { [UInt8](repeating: UInt8($0), count: 500) }
        let server = ScriptedDNSServer { query, overTCP in query.answered(texts: values, limit: overTCP ? nil : 1232) }
        #expect(try await self.read(from: server) == .records(values.map { TXTValue($0) }))
        #expect(server.queryCounts.tcp == 1)
    }

    @Test("NXDOMAIN and no data are absent", arguments: [3, 0] as [UInt16])
    func absent(rawCode: UInt16) async throws {
        let code = try #require(DNSResponseCode(rawValue: rawCode))
        #expect(try await self.read(from: ScriptedDNSServer { query, _ in query.answered(code) }) == .absent)
    }

    @Test(
        "A server that fails or refuses is unavailable",
        arguments: [(2, .serverFailure), (5, .refused), (4, .unexpectedAnswer)] as [(UInt16, NetworkFailure.Code)]
    )
    func unavailable(rawCode: UInt16, code: NetworkFailure.Code) async throws {
        let responseCode = try #require(DNSResponseCode(rawValue: rawCode))
        let result = try await self.read(from: ScriptedDNSServer { query, _ in query.answered(responseCode) })
        #expect(result.flatMap(self.code) == code)
    }

    @Test("An answer with the right head and a broken body is malformed")
    func malformedAnswer() async throws {
        let server = ScriptedDNSServer { query, _ in
            var bytes = query.answered(texts: [[0x61]])
            bytes[7] = 9  // announces nine answers
            return bytes
        }
        #expect(try await self.read(from: server).flatMap(self.code) == .malformedAnswer)
    }

    @Test("A server that closes its TCP connection each time loses the answer")
    func connectionLost() async throws {
        let server = ScriptedDNSServer { query, overTCP in
            overTCP ? nil : query.answered(texts: [[UInt8](repeating: 0x61, count: 2000)], limit: 512)
        }
        #expect(try await self.read(from: server).flatMap(self.code) == .connectionLost)
    }

    @Test("Silence ends at the deadline")
    func timeout() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        let asked = Shared(false)
        let server = ScriptedDNSServer { _, _ in
            asked.change { $0 = true }
            return nil
        }
        try await server.run { upstream in
            try await withUpstreamReader(upstream, clock: clock) { reader in
                let name = self.name
                try await withThrowingTaskGroup(of: ReadResult.self) { group in
                    group.addTask { try await reader.read(name, deadline: clock.now.advanced(by: .seconds(3))) }
                    while !asked.value { await Task.yield() }
                    manual.advance(by: .seconds(3))
                    let result = try await group.next()
                    #expect(result.flatMap(self.code) == .timeout)
                }
                let late = try await reader.read(name, deadline: clock.now)
                #expect(self.code(of: late) == .timeout)
            }
        }
    }

    @Test("Where nobody listens there is nobody to ask")
    func unreachable() async throws {
        let upstream = Shared<UpstreamAddress?>(nil)
        try await ScriptedDNSServer { _, _ in nil }.run { address in upstream.change { $0 = address } }
        try await withUpstreamReader(try #require(upstream.value), clock: self.clock) { reader in
            let result = try await reader.read(self.name, deadline: self.soon)
            #expect(self.code(of: result) == .unreachable)
        }
    }

    @Test("No more queries than the width are under way, and all are answered")
    func width() async throws {
        // On a busy machine queries are sent again: only the first for each name counts, and is answered.
        let seen = Shared((names: Set<DNSName>(), now: 0, most: 0))
        let server = ScriptedDNSServer { query, _ in
            let isFirst = seen.change { seen in
                guard let name = query.questions.first?.name, seen.names.insert(name).inserted else { return false }
                seen.now += 1
                seen.most = max(seen.most, seen.now)
                return true
            }
            guard isFirst else { return nil }
            for _ in 0..<20 { await Task.yield() }
            seen.change { $0.now -= 1 }
            return query.answered(texts: [[0x61]])
        }
        try await server.run { upstream in
            try await withUpstreamReader(upstream, clock: self.clock, width: 3) { reader in
                let deadline = self.soon
                let results = try await Array(0..<50).concurrentMap(width: 50) { number in
                    try await reader.read(try OwnerName("n\(number).mesh.test"), deadline: deadline)
                }
                #expect(results == Array(repeating: .records([TXTValue("a")]), count: 50))
            }
        }
        #expect(seen.value.most <= 3)
    }

    @Test("Cancelled, a read throws nothing but that")
    func cancellation() async throws {
        let asked = Shared(0)
        let server = ScriptedDNSServer { _, _ in
            asked.change { $0 += 1 }
            return nil
        }
        try await server.run { upstream in
            try await withUpstreamReader(upstream, clock: self.clock, width: 2) { reader in
                let (name, deadline) = (self.name, self.soon)
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            await #expect(throws: CancellationError.self) {
                                try await reader.read(name, deadline: deadline)
                            }
                        }
                    }
                    while asked.value < 2 { await Task.yield() }
                    group.cancelAll()
                }
            }
        }
    }

    @Test("After its end a reader is closed")
    func closed() async throws {
        let server = ScriptedDNSServer { query, _ in query.answered() }
        try await server.run { upstream in
            let kept = Shared<UpstreamReader?>(nil)
            try await withUpstreamReader(upstream, clock: self.clock) { reader in kept.change { $0 = reader } }
            let result = try await kept.value?.read(self.name, deadline: self.soon)
            #expect(result.flatMap(self.code) == .closed)
        }
    }

    @Test(
        "Every failure of the transport has its code",
        arguments: [
            (.timeout, .timeout), (.refused, .unreachable), (.unreachable, .unreachable), (.bindFailed, .unreachable),
            (.connectionLost, .connectionLost), (.malformedAnswer, .malformedAnswer), (.overloaded, .overloaded),
            (.closed, .closed),
        ] as [(DNSTransportError.Code, NetworkFailure.Code)]
    )
    func transportFailure(transport: DNSTransportError.Code, code: NetworkFailure.Code) throws {
        let upstream = try UpstreamAddress("192.0.2.1")
        let failure = NetworkFailure(DNSTransportError(transport, "what\u{1b}[2J happened"), from: upstream)
        #expect(failure.code == code)
        #expect(failure.message == "192.0.2.1:53: what\u{FFFD}[2J happened")
        #expect("\(failure)" == "\(code): \(failure.message)")
    }

    private func code(of result: ReadResult) -> NetworkFailure.Code? {
        guard case .unavailable(let failure) = result else { return nil }
        return failure.code
    }
}
