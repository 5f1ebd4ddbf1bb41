private import DNSWire
internal import Hummingbird
private import HummingbirdCore
internal import Logging
internal import NIOCore

/// The HTTP server around a ``NodeAPI``, with its limits on time, size and connections.
enum NodeHTTPServer {
    /// How long a client may be silent, or take to send a request's head: 10 seconds. Its body may take as long.
    private static let timeLimit = TimeAmount.seconds(10)

    /// A server that is not started yet; `whenUp` gets the port once the socket is open.
    static func application(
        _ api: NodeAPI,
        configuration: NodeConfiguration,
        logger: Logger,
        whenUp: @escaping @Sendable (Int) async -> Void
    ) -> Application<NodeHTTPResponder> {
        let gate = ConnectionGate(
            maximum: max(8 * configuration.httpMaximumConcurrency, 256),
            maximumPerSource: 16
        )
        let connections = HTTP1Channel.Configuration(
            additionalChannelHandlers: [gate.handler()],
            idleTimeout: self.timeLimit,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16_384,
                maxHeaderListSize: 32_768,
                maxHeaderFieldCount: 100
            )
        )
        return Application(
            responder: NodeHTTPResponder(api: api, bodyTime: self.timeLimit),
            server: .http1(configuration: connections),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.httpHost.description, port: Int(configuration.httpPort)),
                serverName: "dnsmesh"
            ),
            onServerRunning: { channel in
                await whenUp(channel.localAddress?.port ?? Int(configuration.httpPort))
            },
            logger: logger
        )
    }
}
