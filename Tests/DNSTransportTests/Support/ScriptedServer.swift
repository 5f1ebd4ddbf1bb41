import DMPTesting
import DNSTransport
import DNSWire
import NIOCore
import NIOPosix
import Synchronization

/// A DNS server on loopback that does what a test says, UDP and TCP at one port.
final class ScriptedServer: Sendable {
    enum DatagramAction: Sendable {
        case reply([UInt8])
        /// Sends to the client from another port.
        case strangerReplies([UInt8])
    }

    enum StreamAction: Sendable {
        /// Sends a message after its length.
        case reply([UInt8])
        case raw([UInt8])
        case close
    }

    struct Received: Sendable {
        let bytes: [UInt8]
        /// Counted over the transport, from 1.
        let number: Int
        /// The client's port for UDP; the number of the connection, from 1, for TCP.
        let peer: Int
    }

    typealias DatagramScript = @Sendable (Received) -> [DatagramAction]
    typealias StreamScript = @Sendable (Received) -> [StreamAction]

    let address: UpstreamAddress
    private let channels: [any Channel]
    private let log: EventLog<Received>
    private let streamLog: EventLog<Received>
    private let closings: EventLog<Int>

    private init(
        address: UpstreamAddress,
        channels: [any Channel],
        log: EventLog<Received>,
        streamLog: EventLog<Received>,
        closings: EventLog<Int>
    ) {
        self.address = address
        self.channels = channels
        self.log = log
        self.streamLog = streamLog
        self.closings = closings
    }

    /// The datagrams received, once there are `count`.
    func datagrams(_ count: Int) async -> [Received] { await self.log.first(count) }
    /// The TCP messages received, once there are `count`.
    func messages(_ count: Int) async -> [Received] { await self.streamLog.first(count) }
    /// The numbers of the TCP connections that the client closed, once there are `count`.
    func closedConnections(_ count: Int) async -> [Int] { await self.closings.first(count) }

    var datagramCount: Int { self.log.count }
    var messageCount: Int { self.streamLog.count }

    /// Runs `body` with a server that follows scripts. Without a TCP script nobody listens there.
    static func with<Value>(
        udp: @escaping DatagramScript = { _ in [] },
        tcp: StreamScript? = nil,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let server = try await Self.start(udp: udp, tcp: tcp)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        for channel in server.channels { try await channel.close() }
        return try result.get()
    }

    private static func start(
        udp: @escaping DatagramScript,
        tcp: StreamScript?
    ) async throws -> ScriptedServer {
        let (log, streamLog, closings) = (EventLog<Received>(), EventLog<Received>(), EventLog<Int>())
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let stranger = try await DatagramBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        while true {
            let connections = Atomic<Int>(0)
            let listener: (any Channel)? =
                if let tcp {
                    try await ServerBootstrap(group: loop)
                        .childChannelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                let number = connections.add(1, ordering: .relaxed).newValue
                                try channel.pipeline.syncOperations.addHandler(
                                    StreamHandler(number: number, script: tcp, log: streamLog, closings: closings)
                                )
                            }
                        }
                        .bind(host: "127.0.0.1", port: 0).get()
                } else {
                    nil
                }
            do {
                let socket = try await DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                DatagramHandler(script: udp, log: log, stranger: stranger)
                            )
                        }
                    }
                    .bind(host: "127.0.0.1", port: listener?.localAddress?.port ?? 0).get()
                let address = UpstreamAddress(host: .v4(.loopback), port: socket.localAddress?.port ?? 0)
                guard let address else { throw ChannelError.unknownLocalAddress }
                return ScriptedServer(
                    address: address,
                    channels: [socket, stranger] + (listener.map { [$0] } ?? []),
                    log: log,
                    streamLog: streamLog,
                    closings: closings
                )
            } catch is IOError {
                try await listener?.close()  // the TCP port is taken on UDP
            }
        }
    }
}

/// Notes events and lets a test wait until there are enough.
final class EventLog<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Event] { self.state.withLock(\.events) }
    var count: Int { self.state.withLock(\.events.count) }

    /// - Returns: How many events there are now.
    @discardableResult
    func append(_ event: Event) -> Int {
        let (count, ready) = self.state.withLock { state in
            state.events.append(event)
            let count = state.events.count
            let ready = state.waiting.filter { $0.count <= count }.map(\.continuation)
            state.waiting.removeAll { $0.count <= count }
            return (count, ready)
        }
        for continuation in ready { continuation.resume() }
        return count
    }

    func first(_ count: Int) async -> [Event] {
        await withCheckedContinuation { continuation in
            let isReady = self.state.withLock { state in
                if state.events.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
        return self.state.withLock { Array($0.events.prefix(count)) }
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let script: ScriptedServer.DatagramScript
    private let log: EventLog<ScriptedServer.Received>
    private let stranger: any Channel
    private var number = 0

    init(
        script: @escaping ScriptedServer.DatagramScript,
        log: EventLog<ScriptedServer.Received>,
        stranger: any Channel
    ) {
        self.script = script
        self.log = log
        self.stranger = stranger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        self.number += 1
        let received = ScriptedServer.Received(
            bytes: Array(envelope.data.readableBytesView),
            number: self.number,
            peer: envelope.remoteAddress.port ?? 0
        )
        let actions = self.script(received)
        self.log.append(received)
        for action in actions {
            switch action {
            case .reply(let bytes):
                let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
                context.channel.writeAndFlush(reply, promise: nil)
            case .strangerReplies(let bytes):
                let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
                self.stranger.writeAndFlush(reply, promise: nil)
            }
        }
    }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let number: Int
    private let script: ScriptedServer.StreamScript
    private let log: EventLog<ScriptedServer.Received>
    private let closings: EventLog<Int>
    private var received: [UInt8] = []
    private var hasClosed = false

    init(
        number: Int,
        script: @escaping ScriptedServer.StreamScript,
        log: EventLog<ScriptedServer.Received>,
        closings: EventLog<Int>
    ) {
        self.number = number
        self.script = script
        self.log = log
        self.closings = closings
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += Array(self.unwrapInboundIn(data).readableBytesView)
        while !self.hasClosed, self.received.count >= 2 {
            let count = Int(self.received[0]) << 8 | Int(self.received[1])
            guard self.received.count >= 2 + count else { return }
            let message = Array(self.received[2..<2 + count])
            self.received.removeFirst(2 + count)
            let count2 = self.log.count + 1
            let received = ScriptedServer.Received(bytes: message, number: count2, peer: self.number)
            let actions = self.script(received)
            self.log.append(received)
            self.perform(actions, context.channel)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !self.hasClosed { self.closings.append(self.number) }
    }

    private func perform(_ actions: [ScriptedServer.StreamAction], _ channel: any Channel) {
        for action in actions {
            switch action {
            case .reply(let bytes):
                let frame = [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes
                channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
            case .raw(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            case .close:
                self.hasClosed = true
                channel.close(promise: nil)
            }
        }
    }
}
