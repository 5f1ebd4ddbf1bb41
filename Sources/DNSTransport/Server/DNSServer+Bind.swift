import DNSWire
package import Logging
import NIOCore
import NIOPosix
import Synchronization

extension DNSServer {
    /// Opens both sockets at one port.
    ///
    /// The first UDP socket is opened without sharing the port, so that a second server at the same port fails to start.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen, and the limits.
    ///   - responder: What answers.
    ///   - clock: What the limits of TCP connections are measured with.
    ///   - logger: Gets what happens to the sockets.
    /// - Returns: A server that answers once ``run()`` is called.
    /// - Throws: ``DNSTransportError`` with the code `bindFailed`.
    package static func bind(
        _ configuration: DNSServerConfiguration,
        responder: any DNSResponder,
        clock: ErasedClock = .continuous,
        logger: Logger
    ) async throws -> DNSServer {
        var attempts = configuration.port == 0 ? 32 : 1
        while true {
            attempts -= 1
            let parts = Parts(configuration, clock: clock, logger: logger)
            let listener = try await self.listen(configuration, responder: responder, parts: parts)
            let port = listener.localAddress?.port ?? configuration.port
            do {
                let datagrams = try await self.openDatagrams(
                    configuration,
                    port: port,
                    responder: responder,
                    parts: parts
                )
                return DNSServer(
                    configuration: configuration,
                    port: port,
                    responder: responder,
                    parts: parts,
                    listener: listener,
                    datagrams: datagrams
                )
            } catch {
                await listener.closeAndWait()
                // The system chose a TCP port that is taken on UDP: let it choose again.
                guard attempts > 0, (error as? IOError)?.isAddressInUse == true else {
                    throw DNSTransportError(
                        .bindFailed,
                        "UDP at \(configuration.host) port \(port) can't be used",
                        underlying: error
                    )
                }
            }
        }
    }

    /// What a server's sockets report to, there before them.
    struct Parts: Sendable {
        let queue: WorkQueue
        let deadlines: DeadlineLoop
        let connections: ConnectionTable
        let failure = Failure()
        let clock: ErasedClock
        let logger: Logger

        init(_ configuration: DNSServerConfiguration, clock: ErasedClock, logger: Logger) {
            self.queue = WorkQueue(capacity: configuration.maximumWaiting)
            self.deadlines = DeadlineLoop(clock: clock)
            self.connections = ConnectionTable(
                maximum: configuration.maximumConnections,
                maximumPerSource: configuration.maximumConnectionsPerSource,
                deadlines: self.deadlines
            )
            self.clock = clock
            self.logger = logger
        }
    }

    /// Why a server had to stop.
    final class Failure: Sendable {
        private let first = Mutex<DNSTransportError?>(nil)

        var error: DNSTransportError? { self.first.withLock(\.self) }

        func record(_ error: DNSTransportError) {
            self.first.withLock { $0 = $0 ?? error }
        }
    }

    private static func listen(
        _ configuration: DNSServerConfiguration,
        responder: any DNSResponder,
        parts: Parts
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: configuration.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let (address, port) = channel.remoteAddress?.source else { throw ChannelError.eof }
                        try channel.pipeline.syncOperations.addHandler(
                            ServerConnection(
                                configuration: configuration,
                                source: DNSSource(address: address, port: port, transport: .tcp),
                                responder: responder,
                                queue: parts.queue,
                                connections: parts.connections,
                                clock: parts.clock
                            )
                        )
                    }
                }
                .bind(to: SocketAddress(ipAddress: configuration.host.description, port: configuration.port))
                .get()
        } catch {
            throw DNSTransportError(
                .bindFailed,
                "TCP at \(configuration.host) port \(configuration.port) can't be used",
                underlying: error
            )
        }
    }

    /// Opens the first UDP socket for itself, then lets others share its port, one for each event loop.
    private static func openDatagrams(
        _ configuration: DNSServerConfiguration,
        port: Int,
        responder: any DNSResponder,
        parts: Parts
    ) async throws -> [DatagramPort] {
        let address = try SocketAddress(ipAddress: configuration.host.description, port: port)
        let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator().prefix(self.socketCount(configuration)))
        var opened: [DatagramPort] = []
        for loop in loops {
            let datagrams = DatagramPort(
                address: address,
                number: opened.count,
                eventLoop: loop,
                responder: responder,
                queue: parts.queue,
                logger: parts.logger
            ) { error in
                parts.failure.record(DNSTransportError(.bindFailed, "the UDP socket was lost", underlying: error))
                parts.queue.close()
            }
            do {
                if opened.isEmpty {
                    try await datagrams.open(sharesPort: false).get()
                    if loops.count > 1 { try await datagrams.share().get() }
                } else {
                    try await datagrams.open(sharesPort: true).get()
                }
            } catch  where !opened.isEmpty {
                parts.logger.debug("one UDP socket less shares the port", metadata: ["error": "\(error)"])
                break
            } catch {
                await datagrams.close()
                throw error
            }
            opened.append(datagrams)
        }
        return opened
    }

    private static func socketCount(_ configuration: DNSServerConfiguration) -> Int {
        #if os(Linux)
            max(1, configuration.maximumDatagramSockets)
        #else
            // Elsewhere all datagrams would go to the socket that was opened last.
            1
        #endif
    }
}
