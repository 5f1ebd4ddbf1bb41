import DMPTesting
import DNSTransport
import DNSWire
import Synchronization
import Testing

@Suite("A DNS client over TCP", .timeLimit(.minutes(1)))
struct StreamClientTests {
    /// Stands still: nothing is sent again because the machine is slow.
    private let manual = ManualClock()
    private let clock: ErasedClock

    init() {
        self.clock = ErasedClock(self.manual)
    }

    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(30)) }

    private static let truncated: ScriptedServer.DatagramScript = { [.reply(truncatedAnswer(to: $0.bytes))] }

    private func ask(_ server: ScriptedServer) async throws -> DNSMessage {
        try await withDNSClient(server.address, clock: self.clock) { client in
            try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
        }
    }

    private func askMany(
        _ count: Int,
        _ client: DNSClient
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    let name = try DNSName("name-\(index).example")
                    let message = try await client.query(name, type: .txt, deadline: self.soon)
                    #expect(message.texts == [name.description])
                }
            }
            try await group.waitForAll()
        }
    }

    private static func nameAsValue(_ query: [UInt8]) -> [UInt8] {
        answer(to: query, value: Array(((try? question(of: query).name.description) ?? "").utf8))
    }

    @Test("A truncated answer is asked for over TCP, with another id and the largest size")
    func truncatedAnswers() async throws {
        try await ScriptedServer.with(udp: Self.truncated, tcp: { [.reply(answer(to: $0.bytes))] }) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"])
            let query = try #require(await server.messages(1).first)
            #expect(try DNSMessage(decoding: query.bytes[...]).edns?.udpPayloadSize == .max)
            #expect(server.datagramCount == 1)
        }
    }

    @Test(
        "A datagram that ends early, or has bytes too many, is a reason for TCP",
        arguments: [
            { Array(answer(to: $0).dropLast()) }, { Array(answer(to: $0).dropLast(20)) }, { answer(to: $0) + [0] },
            { Array(truncatedAnswer(to: $0).dropLast(3)) },
        ] as [@Sendable ([UInt8]) -> [UInt8]]
    )
    func cutAnswers(cut: @escaping @Sendable ([UInt8]) -> [UInt8]) async throws {
        try await ScriptedServer.with(
            udp: { [.reply(cut($0.bytes))] },
            tcp: { [.reply(answer(to: $0.bytes))] }
        ) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"])
            #expect(server.messageCount == 1)
        }
    }

    @Test(
        "An answer that can't be read over TCP either is an error with its cause",
        arguments: [{ Array(answer(to: $0).dropLast()) }, { answer(to: $0) + [0] }] as [@Sendable ([UInt8]) -> [UInt8]]
    )
    func malformed(damage: @escaping @Sendable ([UInt8]) -> [UInt8]) async throws {
        try await ScriptedServer.with(udp: Self.truncated, tcp: { [.reply(damage($0.bytes))] }) { server in
            let error = await transportError { try await self.ask(server) }
            #expect(error?.code == .malformedAnswer)
            #expect(error?.underlying is DNSDecodeError)
        }
    }

    @Test("TC over TCP too is an error")
    func truncatedTwice() async throws {
        try await ScriptedServer.with(
            udp: Self.truncated,
            tcp: { [.reply(truncatedAnswer(to: $0.bytes))] }
        ) { server in
            let error = await transportError { try await self.ask(server) }
            #expect(error?.code == .malformedAnswer)
        }
    }

    @Test("The largest answer comes whole")
    func largest() async throws {
        let value = [UInt8](repeating: 65, count: 65_000)
        try await ScriptedServer.with(
            udp: Self.truncated,
            tcp: { [.reply(answer(to: $0.bytes, value: value))] }
        ) { server in
            let message = try await self.ask(server)
            #expect(message.values == [value])
        }
    }

    @Test("An answer that drips in byte by byte is put together")
    func drip() async throws {
        let script: ScriptedServer.StreamScript = { query in
            let bytes = answer(to: query.bytes)
            return ([0, UInt8(bytes.count)] + bytes).map { .raw([$0]) }
        }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"])
        }
    }

    @Test("A connection that was opened ahead of time carries the first large answer")
    func openedAhead() async throws {
        try await ScriptedServer.with(udp: Self.truncated, tcp: { [.reply(answer(to: $0.bytes))] }) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                for _ in 0..<3 { client.prepareForLargeAnswers() }
                #expect(client.load == (0, 1))
                let message = try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                #expect(message.texts == ["hello"])
            }
            #expect(await server.messages(1).map(\.peer) == [1])
        }
    }

    @Test("A connection that was opened in vain is not opened ahead again, until one was needed")
    func openedInVain() async throws {
        try await ScriptedServer.with(udp: Self.truncated, tcp: { [.reply(answer(to: $0.bytes))] }) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                client.prepareForLargeAnswers()
                await self.manual.waitForSleepers()
                self.manual.advance(by: .seconds(10))
                #expect(await server.closedConnections(1) == [1])
                client.prepareForLargeAnswers()
                #expect(client.load == (0, 0))
                _ = try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                #expect(client.load.sockets > 0)
            }
            #expect(await server.messages(1).map(\.peer) == [2])
        }
    }

    @Test("Queries share one connection, and answers may come in any order")
    func pipelining() async throws {
        let held = Mutex<[[UInt8]]>([])
        let script: ScriptedServer.StreamScript = { query in
            let all = held.withLock { held in
                held.append(Self.nameAsValue(query.bytes))
                return held
            }
            return all.count == 10 ? all.reversed().map { .reply($0) } : []
        }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in try await self.askMany(10, client) }
            #expect(Set(await server.messages(10).map(\.peer)) == [1])
        }
    }

    @Test("What doesn't belong to a query is ignored on a connection as well")
    func strays() async throws {
        let script: ScriptedServer.StreamScript = { query in
            var wrongID = answer(to: query.bytes, value: Array("wrong id".utf8))
            wrongID[1] ^= 1
            let wrongQuestion = answer(to: query.bytes) { $0.questions[0].type = .a }
            return [.reply([7]), .reply(wrongID), .reply(wrongQuestion), .reply(answer(to: query.bytes))]
        }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            let message = try await self.ask(server)
            #expect(message.texts == ["hello"])
        }
    }

    @Test("A server that closes after every answer still answers all")
    func closesAfterAnswer() async throws {
        let script: ScriptedServer.StreamScript = { [.reply(Self.nameAsValue($0.bytes)), .close] }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                try await self.askMany(20, client)
                try await self.askMany(20, client)
            }
        }
    }

    @Test("A connection that ended while idle is opened again")
    func closedWhileIdle() async throws {
        let script: ScriptedServer.StreamScript = { query in
            [.reply(Self.nameAsValue(query.bytes))] + (query.number == 3 ? [.close] : [])
        }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                for _ in 0..<6 { try await self.askMany(1, client) }
            }
            #expect(Set(await server.messages(6).map(\.peer)) == [1, 2])
        }
    }

    @Test("A server that closes without an answer gets one more chance", arguments: [true, false])
    func closesWithout(sendsEmptyMessage: Bool) async throws {
        let script: ScriptedServer.StreamScript = { _ in sendsEmptyMessage ? [.raw([0, 0])] : [.close] }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            let error = await transportError { try await self.ask(server) }
            #expect(error?.code == .connectionLost)
            #expect(await server.messages(2).map(\.peer) == [1, 2])
            #expect(server.messageCount == 2)
        }
    }

    @Test("Nobody at the TCP port is told apart from silence")
    func refused() async throws {
        try await ScriptedServer.with(udp: Self.truncated) { server in
            let error = await transportError { try await self.ask(server) }
            #expect(error?.code == .refused, "\(String(describing: error))")
        }
    }

    @Test("A server that keeps silent over TCP costs the deadline, and its connection no second query")
    func silence() async throws {
        let script: ScriptedServer.StreamScript = { $0.peer == 1 ? [] : [.reply(answer(to: $0.bytes))] }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                async let result = transportError {
                    try await client.query(
                        DNSName("a.example"),
                        type: .txt,
                        deadline: self.clock.now.advanced(by: .seconds(5))
                    )
                }
                _ = await server.messages(1)
                await self.manual.waitForSleepers()
                self.manual.advance(by: .seconds(5))
                let error = await result
                #expect(error?.code == .timeout)
                #expect(await server.closedConnections(1) == [1])
                let message = try await client.query(
                    DNSName("a.example"),
                    type: .txt,
                    deadline: self.clock.now.advanced(by: .seconds(5))
                )
                #expect(message.texts == ["hello"])
            }
        }
    }

    @Test("A connection without queries is closed after ten seconds")
    func idle() async throws {
        try await ScriptedServer.with(
            udp: Self.truncated,
            tcp: { [.reply(answer(to: $0.bytes))] }
        ) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                let deadline = self.clock.now.advanced(by: .seconds(100))
                _ = try await client.query(DNSName("a.example"), type: .txt, deadline: deadline)
                await self.manual.waitForSleepers()
                self.manual.advance(by: .seconds(10))
                #expect(await server.closedConnections(1) == [1])
                _ = try await client.query(DNSName("a.example"), type: .txt, deadline: deadline)
                #expect(await server.messages(2).map(\.peer) == [1, 2])
            }
        }
    }

    @Test("A cancelled query ends at once, the others of its connection go on")
    func cancellation() async throws {
        let held = Mutex<[UInt8]>([])
        let script: ScriptedServer.StreamScript = { query in
            if query.number == 1 {
                held.withLock { $0 = answer(to: query.bytes, value: Array("late".utf8)) }
                return []
            }
            return [.reply(held.withLock(\.self)), .reply(answer(to: query.bytes))]
        }
        try await ScriptedServer.with(udp: Self.truncated, tcp: script) { server in
            try await withDNSClient(server.address, clock: self.clock) { client in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                        }
                    }
                    _ = await server.messages(1)
                    group.cancelAll()
                }
                let message = try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                #expect(message.texts == ["hello"])
            }
            #expect(await server.messages(2).map(\.peer) == [1, 1])
        }
    }

    @Test("Stopping the client ends what waits over TCP")
    func stopping() async throws {
        try await ScriptedServer.with(udp: Self.truncated, tcp: { _ in [] }) { server in
            let client = DNSClient(server.address, clock: self.clock)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await client.run() }
                async let error = transportError {
                    try await client.query(DNSName("a.example"), type: .txt, deadline: self.soon)
                }
                _ = await server.messages(1)
                group.cancelAll()
                #expect(await error?.code == .closed)
            }
            #expect(await server.closedConnections(1) == [1])
        }
    }
}

@Suite("Cancelled queries over TCP", .timeLimit(.minutes(1)))
struct CancelledStreamTests {
    @Test("A connection whose only query was cancelled is closed once it was idle for its time")
    func idleAfterCancellation() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        let deadline = clock.now.advanced(by: .seconds(3600))
        try await ScriptedServer.with(udp: { [.reply(truncatedAnswer(to: $0.bytes))] }, tcp: { _ in [] }) { server in
            try await withDNSClient(server.address, clock: clock) { client in
                let query = Task { try await client.query(DNSName("a.example"), type: .txt, deadline: deadline) }
                _ = await server.messages(1)
                query.cancel()
                await #expect(throws: CancellationError.self) { try await query.value }
                #expect(client.load.queries == 0)
                manual.advance(by: .seconds(11))
                let closed = await server.closedConnections(1)
                #expect(closed == [1])
            }
        }
    }

    @Test("A query that waits for room on a connection gets the place of a cancelled one")
    func room() async throws {
        let clock = ErasedClock(ManualClock())
        let deadline = clock.now.advanced(by: .seconds(3600))
        var configuration = DNSClientConfiguration()
        (configuration.maximumConnections, configuration.queriesPerConnection) = (1, 1)
        let script: ScriptedServer.StreamScript = { $0.number == 1 ? [] : [.reply(answer(to: $0.bytes))] }
        try await ScriptedServer.with(udp: { [.reply(truncatedAnswer(to: $0.bytes))] }, tcp: script) { server in
            try await withDNSClient(server.address, configuration: configuration, clock: clock) { client in
                let first = Task { try await client.query(DNSName("a.example"), type: .txt, deadline: deadline) }
                _ = await server.messages(1)
                async let second = client.query(DNSName("b.example"), type: .txt, deadline: deadline)
                _ = await server.datagrams(2)
                while client.load.queries < 2 { await Task.yield() }
                first.cancel()
                let texts = try await second.texts
                #expect(texts == ["hello"])
            }
        }
    }
}
