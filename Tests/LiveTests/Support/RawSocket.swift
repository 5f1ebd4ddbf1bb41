import DNSTransport
import NIOCore
import NIOPosix

/// A UDP or TCP socket of a hostile client, which sends any bytes from any address of loopback.
struct RawSocket: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    /// Lends a UDP socket at an address such as `127.0.0.2`.
    static func withDatagrams<Value>(
        from host: String = "127.0.0.2",
        _ body: (RawSocket) async throws -> Value
    ) async throws -> Value {
        let inbox = Inbox()
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramInbox(inbox))
                }
            }
            .bind(host: host, port: 0).get()
        return try await Self.lend(RawSocket(channel: channel, inbox: inbox), body)
    }

    /// Lends a TCP connection to a port of loopback. One that doesn't read leaves what comes in the system's buffers.
    static func withConnection<Value>(
        to port: Int,
        reads: Bool = true,
        _ body: (RawSocket) async throws -> Value
    ) async throws -> Value {
        try await Self.lend(Self.connect(to: port, reads: reads), body)
    }

    /// Lends `count` connections at once.
    static func withConnections<Value>(
        _ count: Int,
        to port: Int,
        _ body: ([RawSocket]) async throws -> Value
    ) async throws -> Value {
        var sockets: [RawSocket] = []
        for _ in 0..<count { sockets.append(try await Self.connect(to: port, reads: true)) }
        let result: Result<Value, any Error>
        do { result = .success(try await body(sockets)) } catch { result = .failure(error) }
        for socket in sockets { socket.channel.close(promise: nil) }
        return try result.get()
    }

    private static func connect(to port: Int, reads: Bool) async throws -> RawSocket {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamInbox(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawSocket(channel: channel, inbox: inbox)
    }

    private static func lend<Value>(
        _ socket: RawSocket,
        _ body: (RawSocket) async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do { result = .success(try await body(socket)) } catch { result = .failure(error) }
        socket.channel.close(promise: nil)
        return try result.get()
    }

    /// Sends a datagram.
    func send(_ bytes: [UInt8], to server: UpstreamAddress) async throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
        try await self.channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
    }

    /// Sends bytes over the connection, without waiting until they have left.
    func push(_ bytes: [UInt8]) {
        self.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// The next datagram, or the next bytes of a connection; `nil` once it is closed.
    func next() async -> [UInt8]? {
        var iterator = self.inbox.pieces.makeAsyncIterator()
        return await iterator.next()
    }

    /// All that comes until the server closes the connection.
    func untilClosed() async -> [UInt8] {
        var bytes: [UInt8] = []
        for await piece in self.inbox.pieces { bytes += piece }
        return bytes
    }
}

/// The pieces that came to one socket.
private struct Inbox: Sendable {
    let pieces: AsyncStream<[UInt8]>
    let continuation: AsyncStream<[UInt8]>.Continuation

    init() {
        (self.pieces, self.continuation) = AsyncStream.makeStream()
    }
}

private final class DatagramInbox: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.continuation.yield(Array(self.unwrapInboundIn(data).data.readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { self.inbox.continuation.finish() }
}

private final class StreamInbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.continuation.yield(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { self.inbox.continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
