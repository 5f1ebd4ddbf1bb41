import DMPTesting
import DNSTransport
import DNSWire
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("A DNS server's sockets", .timeLimit(.minutes(1)))
struct DNSServerTests {
    /// Stands still: nothing is sent again because the machine is slow.
    private let clock = ErasedClock(ManualClock())

    private func query(_ id: UInt16) throws -> [UInt8] {
        DNSMessage(id: id, asking: DNSQuestion(name: try DNSName("a.example"), type: .txt)).encode()
    }

    @Test("One port answers over both transports, and knows who asked")
    func bothTransports() async throws {
        let responder = EchoResponder(size: 2_000)
        try await withServer(responder) { server in
            let address = try #require(UpstreamAddress(host: .v4(.loopback), port: server.port))
            let message = try await withDNSClient(address, clock: self.clock) { client in
                try await client.query(
                    DNSName("a.example"),
                    type: .txt,
                    deadline: self.clock.now.advanced(by: .seconds(1))
                )
            }
            #expect(message.values.map(\.count) == [2_000])
            #expect(responder.sources.map(\.transport) == [.udp, .tcp])
            #expect(responder.sources.allSatisfy { $0.address == .v4(.loopback) && $0.port > 0 })
            #expect(server.host == .v4(.loopback))
        }
    }

    @Test("A port that is taken on either transport is an error, though the other is free")
    func portTaken() async throws {
        try await withServer(EchoResponder()) { server in
            let configuration = DNSServerConfiguration(host: .v4(.loopback), port: server.port)
            let error = await transportError {
                try await DNSServer.bind(configuration, responder: EchoResponder(), logger: Logger(label: "test"))
            }
            #expect(error?.code == .bindFailed)
        }
        let socket = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let configuration = DNSServerConfiguration(host: .v4(.loopback), port: socket.localAddress?.port ?? 0)
        let error = await transportError {
            try await DNSServer.bind(configuration, responder: EchoResponder(), logger: Logger(label: "test"))
        }
        #expect(error?.code == .bindFailed)
        #expect(error?.description.contains("UDP") == true)
        try await socket.close()
    }

    @Test("Every request gets one datagram or none")
    func oneOrNone() async throws {
        try await withServer(EchoResponder()) { server in
            let datagrams = EventLog<[UInt8]>()
            let socket = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Collector(log: datagrams))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
            var answer = try DNSMessage(decoding: self.query(2)[...])
            answer.isResponse = true
            for bytes in [try self.query(1), answer.encode(), [], [1, 2, 3], try self.query(3)] {
                try await socket.writeAndFlush(
                    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
                )
            }
            let ids = try await datagrams.first(2).map { try DNSMessage(decoding: $0[...]).id }
            #expect(Set(ids) == [1, 3])
            try await socket.close()
            #expect(datagrams.count == 2)
        }
    }

    @Test("A connection answers several queries, one after the other and at once")
    func pipelining() async throws {
        try await withServer(EchoResponder()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.sendMessage(self.query(1))
            #expect(await connection.messages(1).count == 1)
            var stream: [UInt8] = []
            for id in 2...40 as ClosedRange<UInt16> {
                let query = try self.query(id)
                stream += [0, UInt8(query.count)] + query
            }
            try await connection.send(stream)
            let ids = try await connection.messages(39).map { try DNSMessage(decoding: $0[...]).id }
            #expect(Set(ids) == Set(2...40))
            try await connection.close()
        }
    }

    @Test("A client that closes its side after asking still gets its answers")
    func halfClosed() async throws {
        let responder = HeldResponder()
        try await withServer(responder) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.sendMessage([1])
            try await connection.sendMessage([2])
            _ = await responder.arrivals.first(2)
            try await connection.closeOutput()
            responder.release()
            let answers = await connection.untilClosed()
            #expect(answers == [0, 1, 1, 0, 1, 2] || answers == [0, 1, 2, 0, 1, 1])
        }
    }

    @Test("A message of no bytes, or one that gets no answer, ends the connection", arguments: [[0, 0], [0, 1, 7]])
    func noAnswer(bytes: [UInt8]) async throws {
        try await withServer(EchoResponder()) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.send(bytes)
            #expect(await connection.untilClosed() == [])
        }
    }

    @Test("Above the slots and the queue, a connection is closed and idle ones don't count")
    func slots() async throws {
        let responder = HeldResponder()
        try await withServer(responder) {
            $0.maximumInFlight = 1
            $0.maximumWaiting = 1
        } _: { server in
            var connections: [RawConnection] = []
            for _ in 0..<5 { connections.append(try await RawConnection.open(port: server.port)) }
            try await connections[0].sendMessage([1])
            _ = await responder.arrivals.first(1)
            // Of two more one waits, and the other is turned away.
            try await connections[1].sendMessage([2])
            try await connections[2].sendMessage([2])
            let first = await withTaskGroup(of: Int.self) { group in
                for index in 1...2 {
                    let connection = connections[index]
                    group.addTask { await connection.messages(1).isEmpty ? index : 0 }
                }
                let first = await group.next() ?? 0
                responder.release()
                _ = await responder.arrivals.first(2)
                responder.release()
                return first
            }
            #expect(first == 1 || first == 2)
            #expect(await connections[0].messages(1) == [[1]])
            for connection in connections { try? await connection.close() }
        }
    }

    @Test("What is being worked on is answered when the server stops")
    func gracefulStop() async throws {
        let responder = HeldResponder()
        let server = try await DNSServer.bind(
            DNSServerConfiguration(host: .v4(.loopback), port: 0),
            responder: responder,
            logger: Logger(label: "test")
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let connection = try await RawConnection.open(port: server.port)
            try await connection.sendMessage([42])
            _ = await responder.arrivals.first(1)
            server.shutdown()
            responder.release()
            #expect(await connection.untilClosed() == [0, 1, 42])
            try await group.waitForAll()
        }
        await #expect(throws: (any Error).self) { _ = try await RawConnection.open(port: server.port) }
    }

    @Test("Too many connections of one source, or in all, are closed at once", arguments: [true, false])
    func connectionLimits(perSource: Bool) async throws {
        try await withServer(EchoResponder()) {
            if perSource { $0.maximumConnectionsPerSource = 3 } else { $0.maximumConnections = 3 }
        } _: { server in
            var connections: [RawConnection] = []
            for id in 1...3 as ClosedRange<UInt16> {
                let connection = try await RawConnection.open(port: server.port)
                try await connection.sendMessage(self.query(id))
                #expect(await connection.messages(1).count == 1)
                connections.append(connection)
            }
            let fourth = try await RawConnection.open(port: server.port)
            #expect(await fourth.untilClosed() == [])
            try await connections[0].close()
            // The server may learn of the close after the next connection: try until it has.
            var isServed = false
            while !isServed {
                let fifth = try await RawConnection.open(port: server.port)
                try? await fifth.sendMessage(self.query(5))
                isServed = await fifth.messages(1).count == 1
            }
            for connection in connections.dropFirst() { try await connection.close() }
        }
    }
}

@Suite("Deadlines of a DNS server's connections", .timeLimit(.minutes(1)))
struct DNSServerDeadlineTests {
    private let manual = ManualClock()

    private func query(_ id: UInt16) throws -> [UInt8] {
        DNSMessage(id: id, asking: DNSQuestion(name: try DNSName("a.example"), type: .txt)).encode()
    }

    @Test("A connection without work is closed after ten seconds, counted from its last answer")
    func idle() async throws {
        try await withServer(EchoResponder(), clock: ErasedClock(self.manual)) { server in
            let connection = try await RawConnection.open(port: server.port)
            await self.manual.waitForSleepers()
            self.manual.advance(by: .seconds(9))
            try await connection.sendMessage(self.query(1))
            #expect(await connection.messages(1).count == 1)
            self.manual.advance(by: .seconds(9))
            try await connection.sendMessage(self.query(2))
            #expect(await connection.messages(1).count == 1)
            self.manual.advance(by: .seconds(10))
            #expect(await connection.untilClosed() == [])
        }
    }

    @Test("A message that drips in has ten seconds in all")
    func drip() async throws {
        let responder = EchoResponder()
        try await withServer(responder, clock: ErasedClock(self.manual)) { server in
            let connection = try await RawConnection.open(port: server.port)
            // The answer shows that the server has taken the bytes sent with it: the start of a second message.
            try await connection.send([0, UInt8(self.query(1).count)] + self.query(1) + [0])
            #expect(await connection.messages(1).count == 1)
            self.manual.advance(by: .seconds(4))
            try await connection.send([9])
            self.manual.advance(by: .seconds(4))
            try await connection.send([1])
            self.manual.advance(by: .seconds(2))
            #expect(await connection.untilClosed() == [])
            #expect(responder.sources.count == 1)
        }
    }

    @Test("Work in progress has no deadline here")
    func work() async throws {
        let responder = HeldResponder()
        try await withServer(responder, clock: ErasedClock(self.manual)) { server in
            let connection = try await RawConnection.open(port: server.port)
            try await connection.sendMessage([5])
            _ = await responder.arrivals.first(1)
            self.manual.advance(by: .seconds(60))
            responder.release()
            #expect(await connection.messages(1) == [[5]])
            try await connection.close()
        }
    }

    @Test("A peer that doesn't read its answers is closed, and holds up nobody")
    func slowReader() async throws {
        let responder = EchoResponder(size: 60_000)
        try await withServer(responder, clock: ErasedClock(self.manual)) { server in
            let connection = try await RawConnection.open(port: server.port, reads: false)
            var stream: [UInt8] = []
            for id in 1...400 as ClosedRange<UInt16> {
                let query = try self.query(id)
                stream += [0, UInt8(query.count)] + query
            }
            try await connection.send(stream)
            _ = await responder.arrivals.first(20)
            // Some answers fill the socket's buffers; the others wait until the deadline has come.
            while server.connectionCount > 0 {
                self.manual.advance(by: .seconds(1))
                await Task.yield()
            }
            #expect(responder.sources.count < 400)
            try? await connection.close()
        }
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let log: EventLog<[UInt8]>

    init(log: EventLog<[UInt8]>) {
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.log.append(Array(self.unwrapInboundIn(data).data.readableBytesView))
    }
}
