import DNSTransport
import DNSWire
import NIOCore
import NIOPosix

/// A server on loopback that answers with whatever a test says, over UDP and TCP at one port. It knows no protocol.
struct HostileServer: Sendable {
    /// What the server does with bytes that came over TCP.
    enum Reaction: Sendable {
        case send([UInt8])
        /// Sends the bytes one at a time, two milliseconds apart.
        case drip([UInt8])
        /// Sends the bytes again and again, as fast as the client takes them.
        case repeatForEver([UInt8])
        case close
    }

    /// Answers a datagram with some.
    typealias Datagrams = @Sendable (_ request: [UInt8]) -> [[UInt8]]
    /// Answers what came over a connection at once.
    typealias Stream = @Sendable (_ request: [UInt8]) -> [Reaction]

    let address: UpstreamAddress
    var port: Int { self.address.port }

    /// Lends a server to `body`, and closes its sockets afterwards. Without `stream` nobody listens on TCP.
    static func with<Value>(
        datagrams: @escaping Datagrams = { _ in [] },
        stream: Stream? = nil,
        _ body: (HostileServer) async throws -> Value
    ) async throws -> Value {
        let (address, sockets) = try await Self.open(datagrams, stream)
        let result: Result<Value, any Error>
        do { result = .success(try await body(HostileServer(address: address))) } catch { result = .failure(error) }
        for socket in sockets { try await socket.close() }
        return try result.get()
    }

    private static func open(
        _ datagrams: @escaping Datagrams,
        _ stream: Stream?
    ) async throws -> (UpstreamAddress, [any Channel]) {
        while true {
            let udp = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(datagrams))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            guard let port = udp.localAddress?.port, let address = UpstreamAddress(host: .v4(.loopback), port: port)
            else { throw ChannelError.unknownLocalAddress }
            guard let stream else { return (address, [udp]) }
            do {
                let tcp = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(StreamHandler(stream))
                        }
                    }
                    .bind(host: "127.0.0.1", port: port).get()
                return (address, [udp, tcp])
            } catch is IOError {
                try await udp.close()  // the port is taken on TCP
            }
        }
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let answers: HostileServer.Datagrams

    init(_ answers: @escaping HostileServer.Datagrams) {
        self.answers = answers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let request = self.unwrapInboundIn(data)
        for answer in self.answers(Array(request.data.readableBytesView)) {
            let envelope = AddressedEnvelope(remoteAddress: request.remoteAddress, data: ByteBuffer(bytes: answer))
            context.channel.writeAndFlush(envelope, promise: nil)
        }
    }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let reactions: HostileServer.Stream

    init(_ reactions: @escaping HostileServer.Stream) {
        self.reactions = reactions
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        for reaction in self.reactions(Array(self.unwrapInboundIn(data).readableBytesView)) {
            switch reaction {
            case .send(let bytes): channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            case .drip(let bytes): Self.drip(bytes[...], into: channel)
            case .repeatForEver(let bytes): Self.repeatForEver(ByteBuffer(bytes: bytes), into: channel)
            case .close: channel.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private static func drip(_ bytes: ArraySlice<UInt8>, into channel: any Channel) {
        guard let first = bytes.first, channel.isActive else { return }
        channel.writeAndFlush(ByteBuffer(bytes: [first]), promise: nil)
        channel.eventLoop.scheduleTask(in: .milliseconds(2)) { Self.drip(bytes.dropFirst(), into: channel) }
    }

    private static func repeatForEver(_ bytes: ByteBuffer, into channel: any Channel) {
        // A write may be done at once: the next one begins from the loop, not from inside this one.
        channel.writeAndFlush(bytes).whenSuccess {
            channel.eventLoop.execute { Self.repeatForEver(bytes, into: channel) }
        }
    }
}
