import DNSTransport
import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection of a test to a server, without any DNS.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let state: Mutex<State>

    private struct State {
        var received: [UInt8] = []
        var isClosed = false
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private init(channel: any Channel) {
        self.channel = channel
        self.state = Mutex(State())
    }

    static func open(port: Int, reads: Bool = true) async throws -> RawConnection {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: port).get()
        let connection = RawConnection(channel: channel)
        try await channel.pipeline.addHandler(Handler(connection: connection)).get()
        if reads { try await channel.setOption(.autoRead, value: true).get() }
        return connection
    }

    func send(_ bytes: [UInt8]) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func sendMessage(_ bytes: [UInt8]) async throws {
        try await self.send([UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes)
    }

    func closeOutput() async throws {
        try await self.channel.close(mode: .output)
    }

    func close() async throws {
        try await self.channel.close()
    }

    /// The next `count` messages that came, fewer if the server closed the connection.
    func messages(_ count: Int) async -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while messages.count < count {
            let head = await self.take(2)
            guard head.count == 2 else { break }
            messages.append(await self.take(Int(head[0]) << 8 | Int(head[1])))
        }
        return messages
    }

    /// Returns once the server has closed the connection, with what came before.
    func untilClosed() async -> [UInt8] {
        await self.take(.max)
    }

    private func take(_ count: Int) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let isReady = self.state.withLock { state in
                if state.isClosed || state.received.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
        return self.state.withLock { state in
            let taken = Array(state.received.prefix(count))
            state.received.removeFirst(taken.count)
            return taken
        }
    }

    private func update(_ change: (inout State) -> Void) {
        let ready = self.state.withLock { state in
            change(&state)
            let enough = { (count: Int) in state.isClosed || state.received.count >= count }
            let ready = state.waiting.filter { enough($0.count) }.map(\.continuation)
            state.waiting.removeAll { enough($0.count) }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let connection: RawConnection

        init(connection: RawConnection) {
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(self.unwrapInboundIn(data).readableBytesView)
            self.connection.update { $0.received += bytes }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .some(.inputClosed) = event as? ChannelEvent { self.connection.update { $0.isClosed = true } }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.connection.update { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.connection.update { $0.isClosed = true }
        }
    }
}
