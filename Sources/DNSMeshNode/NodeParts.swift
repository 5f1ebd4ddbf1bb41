internal import DNSTransport
internal import Logging
internal import ServiceLifecycle

/// A node whose database and DNS sockets are open.
struct NodeParts: Sendable {
    let services: ServiceGroup
    let store: RecordStore
    let logger: Logger

    /// How long requests that have begun may take once the node is told to stop.
    static let stopTime = Duration.seconds(3)

    /// To be called once: also closes what is open.
    func run() async throws {
        defer { self.closeStore() }
        try await self.services.run()
    }

    private func closeStore() {
        do {
            try self.store.close()
        } catch {
            // Every write is on disk already.
            self.logger.warning("the record database could not be closed", metadata: ["cause": "\(error)"])
        }
    }
}

/// The DNS server as a part of the service group.
struct DNSService: Service {
    let server: DNSServer

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await self.server.run()
            } onGracefulShutdown: {
                self.server.shutdown()
            }
        } catch {
            throw NodeError(.dns, "DNS is no longer served: \(SystemReason.of(error))", underlying: error)
        }
    }
}

/// The HTTP server as a part of the service group.
struct HTTPService: Service {
    let server: NodeHTTPServer
    /// Address and port, for people.
    let place: String
    /// Gets the port once the socket is open.
    let whenUp: @Sendable (Int) async -> Void

    func run() async throws {
        do {
            try await self.server.run(whenUp: self.whenUp)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw NodeError(
                .http,
                "HTTP can't be served at \(self.place): \(SystemReason.of(error))",
                underlying: error
            )
        }
    }
}
