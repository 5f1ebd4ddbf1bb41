import DMPTesting
import DNSTransport
import DNSWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("A DNS client over UDP", .timeLimit(.minutes(1)))
struct DatagramClientTests {
    /// Stands still: nothing is sent again because the machine is slow.
    private let manual = ManualClock()
    private let clock: ErasedClock

    init() {
        self.clock = ErasedClock(self.manual)
    }

    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(30)) }

    private func ask(
        _ server: ScriptedServer,
        _ name: String = "slot-1.mb-0123456789ab.example"
    ) async throws -> DNSMessage {
        try await withDNSClient(server.address, clock: self.clock) { client in
            try await client.query(DNSName(name), type: .txt, deadline: self.soon)
        }
    }

    @Test("A query has a random id and spelling, and its answer comes back whole")
    func plain() async throws {
        try await ScriptedServer.with(udp: { [.reply(answer(to: $0.bytes))] }) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                let name = try DNSName("slot-1.mb-0123456789ab.mesh.example.org")
                for _ in 0..<20 {
                    let message = try await client.query(name, type: .txt, deadline: self.soon)
                    #expect(message.texts == ["hello"])
                    #expect(message.questions.first?.name == name)
                }
            }
            let queries = await server.datagrams(20)
            #expect(Set(queries.map { [$0.bytes[0], $0.bytes[1]] }).count > 10)
            #expect(Set(try queries.map { try question(of: $0.bytes).name.description }).count > 10)
            #expect(server.datagramCount == 20)
        }
    }

    @Test("What doesn't belong to the query is ignored, and the answer still taken")
    func strays() async throws {
        let script: ScriptedServer.DatagramScript = { query in
            let right = answer(to: query.bytes)
            var wrongID = answer(to: query.bytes, value: Array("wrong id".utf8))
            wrongID[0] ^= 1
            let wrongQuestion = answer(to: query.bytes, value: Array("wrong question".utf8)) {
                $0.questions[0].type = .a
            }
            let noQuestion = answer(to: query.bytes, value: Array("no question".utf8)) { $0.questions = [] }
            let echo = query.bytes
            let strays = [wrongID, wrongQuestion, noQuestion, echo, [], [1], Array(right.prefix(11))]
            return strays.map { .reply($0) } + [.reply(right)]
        }
        try await ScriptedServer.with(udp: script) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"])
            #expect(server.datagramCount == 1)
        }
    }

    @Test("A forged answer from another sender is not taken")
    func wrongSender() async throws {
        let script: ScriptedServer.DatagramScript = { query in
            guard query.number > 1 else {
                return [.strangerReplies(answer(to: query.bytes, value: Array("forged".utf8)))]
            }
            return [.reply(answer(to: query.bytes))]
        }
        try await ScriptedServer.with(udp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                async let message = client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                _ = await server.datagrams(1)
                await self.manual.waitForSleepers()
                self.manual.advance(by: .milliseconds(400))
                let texts = try await message.texts
                #expect(texts == ["hello"])
            }
            #expect(server.datagramCount == 2)
        }
    }

    @Test("Noise before the answer changes nothing", arguments: 0..<4 as Range<UInt64>)
    func noise(offset: UInt64) async throws {
        let seed = SeededRandom.fuzzSeed &* 100 &+ offset
        let script: ScriptedServer.DatagramScript = { query in
            var random = SeededRandom(seed: seed)
            let right = answer(to: query.bytes)
            let noise = (0..<100).map { _ -> [UInt8] in
                // The first byte of the id is wrong, whatever else is left of the answer.
                [right[0] ^ 0x55] + right.mutated(using: &random).dropFirst()
            }
            return noise.map { .reply($0) } + [.reply(right)]
        }
        try await ScriptedServer.with(udp: script) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"], "seed \(seed)")
        }
    }

    @Test("A server that folds letter case is asked again, and after three times as it likes")
    func foldedCase() async throws {
        let script: ScriptedServer.DatagramScript = { query in
            [.reply(answer(to: query.bytes) { $0.questions[0].name = $0.questions[0].name.lowercased() })]
        }
        try await ScriptedServer.with(udp: script) { server in
            let name = try DNSName("abcdefghijklmnopqrstuvwxyz.example")
            try await withDNSClient(server.address, clock: self.clock) { client in
                for _ in 0..<5 {
                    let message = try await client.query(name, type: .txt, deadline: self.soon)
                    #expect(message.texts == ["hello"])
                }
            }
            #expect(server.datagramCount == 3 * 2 + 2)
            let spellings = try await server.datagrams(8).map { try question(of: $0.bytes).name }
            #expect(spellings.map { $0.exactlyEquals(name) } == [false, true, false, true, false, true, true, true])
        }
    }

    @Test("A server without EDNS is asked without, and this is remembered", arguments: [true, false])
    func withoutEDNS(echoesQuestion: Bool) async throws {
        let script: ScriptedServer.DatagramScript = { query in
            [
                .reply(
                    answer(to: query.bytes) { message in
                        guard message.edns != nil else { return }
                        message.responseCode = .formatError
                        (message.answers, message.edns) = ([], nil)
                        if !echoesQuestion { message.questions = [] }
                    }
                )
            ]
        }
        try await ScriptedServer.with(udp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                for _ in 0..<2 {
                    let message = try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                    #expect(message.texts == ["hello"])
                }
            }
            #expect(server.datagramCount == 3)
        }
    }

    @Test("A response code is part of the answer, not an error", arguments: [2, 3, 5] as [UInt16])
    func responseCodes(code: UInt16) async throws {
        let script: ScriptedServer.DatagramScript = { query in
            [
                .reply(
                    answer(to: query.bytes) {
                        $0.responseCode = DNSResponseCode(rawValue: code) ?? .noError
                        $0.answers = []
                    }
                )
            ]
        }
        try await ScriptedServer.with(udp: script) { server in
            let message = try await self.ask(server)
            #expect(message.responseCode.rawValue == code)
            #expect(server.datagramCount == 1)
        }
    }

    @Test("A silent server is asked a few times, later each time, until the deadline")
    func silence() async throws {
        var configuration = DNSClientConfiguration()
        configuration.maximumSends = 4
        try await ScriptedServer.with { [configuration] server in
            try await withDNSClient(server.address, configuration: configuration, clock: self.clock) { client in
                let start = self.clock.now
                async let result = transportError {
                    try await client.query(
                        DNSName("a.example"),
                        type: .txt,
                        deadline: start.advanced(by: .seconds(10))
                    )
                }
                for (count, interval) in [(1, 400), (2, 800), (3, 1600)] {
                    _ = await server.datagrams(count)
                    await self.manual.waitForSleepers()
                    self.manual.advance(by: .milliseconds(interval - 1))
                    self.manual.advance(by: .milliseconds(1))
                }
                let sent = await server.datagrams(4)
                #expect(Set(sent.map(\.bytes)).count == 1)
                self.manual.advance(by: .seconds(7.2))
                let error = await result
                #expect(error?.code == .timeout)
                #expect(error?.description.contains("\(server.address)") == true)
                #expect(server.datagramCount == 4)
            }
        }
    }

    @Test("Once a round trip is measured, what was sent before is asked again long before the first guess")
    func lostBesideOthers() async throws {
        var configuration = DNSClientConfiguration()
        configuration.socketCount = 1
        let queries = Mutex<[[UInt8]]>([])
        let script: ScriptedServer.DatagramScript = { query in
            if query.number == 8 { return [.reply(answer(to: query.bytes))] }
            queries.withLock { $0.append(query.bytes) }
            guard query.number == 7 else { return [] }
            self.manual.advance(by: .milliseconds(100))
            return queries.withLock { $0.dropFirst() }.map { .reply(answer(to: $0)) }
        }
        try await ScriptedServer.with(udp: script) { [configuration] server in
            try await withDNSClient(server.address, configuration: configuration, clock: self.clock) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<7 {
                        group.addTask {
                            let name = try DNSName("name-\(number).example")
                            let message = try await client.query(name, type: .txt, deadline: self.soon)
                            #expect(message.texts == ["hello"])
                        }
                    }
                    for _ in 0..<6 { try await group.next() }
                    // Whether anybody slept for the first guess depends on who was faster.
                    await self.manual.waitForSleepers(dueWithin: .milliseconds(100))
                    self.manual.advance(by: .milliseconds(100))
                    try await group.waitForAll()
                }
            }
            #expect(server.datagramCount == 8)
            #expect(self.clock.now.offset == .milliseconds(200))
        }
    }

    @Test("A query whose deadline is over is not sent")
    func lateQuery() async throws {
        try await ScriptedServer.with { server in
            let error = await transportError {
                try await withDNSClient(server.address, clock: self.clock) { client in
                    try await client.query(DNSName("a.example"), type: .txt, deadline: self.clock.now)
                }
            }
            #expect(error?.code == .timeout)
            #expect(server.datagramCount == 0)
        }
    }

    @Test("A cancelled query ends at once, and the next one doesn't get its answer")
    func cancellation() async throws {
        let first = Mutex<[UInt8]>([])
        let script: ScriptedServer.DatagramScript = { query in
            if query.number == 1 {
                first.withLock { $0 = answer(to: query.bytes, value: Array("late".utf8)) }
                return []
            }
            return [.reply(first.withLock(\.self)), .reply(answer(to: query.bytes))]
        }
        try await ScriptedServer.with(udp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                        }
                    }
                    _ = await server.datagrams(1)
                    group.cancelAll()
                }
                let message = try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                #expect(message.texts == ["hello"])
            }
        }
    }

    @Test("A query of a cancelled task is not sent")
    func cancelledBefore() async throws {
        try await ScriptedServer.with { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                await withTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                        }
                    }
                }
            }
            #expect(server.datagramCount == 0)
        }
    }

    @Test("Stopping the client ends what waits, and what comes after")
    func stopping() async throws {
        try await ScriptedServer.with { server in
            let client = DNSClient(server.address, clock: self.clock)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await client.run() }
                async let error = transportError {
                    try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                }
                _ = await server.datagrams(1)
                group.cancelAll()
                #expect(await error?.code == .closed)
            }
            let error = await transportError {
                try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
            }
            #expect(error?.code == .closed)
        }
    }

    @Test("More queries than may wait are refused, until others are over")
    func overload() async throws {
        var configuration = DNSClientConfiguration()
        configuration.socketCount = 1
        configuration.queriesInFlightPerSocket = 1
        try await ScriptedServer.with { server in
            try await withDNSClient(server.address, configuration: configuration, clock: self.clock) { client in
                async let first = transportError {
                    try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                }
                _ = await server.datagrams(1)
                let second = await transportError {
                    try await client.query(DNSName("b.example"), type: .txt, deadline: self.soon)
                }
                #expect(second?.code == .overloaded)
                await self.manual.waitForSleepers()
                self.manual.advance(by: .seconds(30))
                #expect(await first?.code == .timeout)
            }
        }
    }

    @Test("A client on IPv6 works alike")
    func overIPv6() async throws {
        let responder = EchoResponder()
        try await withServer(host: .v6(.loopback), responder) { server in
            let address = try #require(UpstreamAddress(host: .v6(.loopback), port: server.port))
            let message = try await withDNSClient(address, clock: self.clock) { client in
                try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
            }
            #expect(message.texts == ["hello"])
            #expect(responder.sources.first?.address == .v6(.loopback))
        }
    }
}
