private import DNSWire
internal import NIOCore
private import NIOHTTP1
private import NIOPosix
internal import ServiceLifecycle

/// The HTTP server around a ``NodeAPI``, with its limits on time, size and connections.
///
/// Requests are read and answered on the event loop of their connection, without a task for each; the database calls back.
struct NodeHTTPServer: Sendable {
    private let api: NodeAPI
    private let host: DNSWire.IPAddress
    private let port: Int
    private let connections: HTTPConnections
    private let times: HTTPConnection.Times

    init(
        _ api: NodeAPI,
        configuration: NodeConfiguration,
        times: HTTPConnection.Times = HTTPConnection.Times()
    ) {
        self.api = api
        self.host = configuration.httpHost
        self.port = Int(configuration.httpPort)
        self.connections = HTTPConnections(
            maximum: max(8 * configuration.httpMaximumConcurrency, 256),
            maximumPerSource: 16
        )
        self.times = times
    }

    /// Serves until it is told to shut down gracefully, which ends with the requests that have begun, or cancelled.
    ///
    /// To be called once. Calls `whenUp` with the port once the socket is open.
    func run(whenUp: @Sendable (Int) async -> Void) async throws {
        let listener = try await self.bind()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await whenUp(listener.localAddress?.port ?? self.port)
                await listener.waitUntilClosed()
                for channel in self.connections.close() { await channel.waitUntilClosed() }
            } onGracefulShutdown: {
                listener.close(promise: nil)
                for channel in self.connections.close() {
                    channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
                }
            }
        } onCancel: {
            listener.close(promise: nil)
            for channel in self.connections.close() { channel.close(promise: nil) }
        }
    }

    private func bind() async throws -> any Channel {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16_384
        limits.maxHeaderListSize = 32_768
        limits.maxHeaderFieldCount = 100
        // Bounds what a connection keeps in memory, with the requests that wait in one reading.
        let buffers = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: 16_384)
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: buffers)
            .childChannelInitializer { [api, connections, times, limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    let address = channel.remoteAddress?.ipAddress.flatMap { DNSWire.IPAddress($0) }
                    guard let source = address?.unmapped else { throw ChannelError.eof }
                    let decoder = HTTPRequestDecoder(
                        leftOverBytesStrategy: .dropBytes,
                        limitConfiguration: limits
                    )
                    let connection = HTTPConnection(
                        api: api,
                        source: source,
                        connections: connections,
                        times: times
                    )
                    try channel.pipeline.syncOperations.addHandlers(ByteToMessageHandler(decoder), connection)
                }
            }
            .bind(to: SocketAddress(ipAddress: self.host.description, port: self.port))
            .get()
    }
}

extension Channel {
    fileprivate func waitUntilClosed() async {
        await withCheckedContinuation { continuation in
            self.closeFuture.whenComplete { _ in continuation.resume() }
        }
    }
}
