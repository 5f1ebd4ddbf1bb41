import DNSTransport
import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection of a test to a server, without any DNS.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func open(port: Int, reads: Bool = true) async throws -> RawConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel: channel, inbox: inbox)
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
            let head = await self.inbox.take(2)
            guard head.count == 2 else { break }
            messages.append(await self.inbox.take(Int(head[0]) << 8 | Int(head[1])))
        }
        return messages
    }

    /// Returns once the server has closed the connection, with what came before.
    func untilClosed() async -> [UInt8] {
        await self.inbox.take(.max)
    }
}

/// The bytes that came over a connection, for a test to wait for.
private final class Inbox: Sendable {
    private struct State {
        var received: [UInt8] = []
        var isClosed = false
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func append(_ bytes: [UInt8]) {
        self.update { $0.received += bytes }
    }

    func close() {
        self.update { $0.isClosed = true }
    }

    func take(_ count: Int) async -> [UInt8] {
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
            let available = state.isClosed ? Int.max : state.received.count
            let ready = state.waiting.filter { $0.count <= available }.map(\.continuation)
            state.waiting.removeAll { $0.count <= available }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.append(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { self.inbox.close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.inbox.close()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.inbox.close()
    }
}
