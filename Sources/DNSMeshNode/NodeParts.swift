internal import DNSTransport
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// A node whose database and DNS sockets are open.
struct NodeParts: Sendable {
    let services: ServiceGroup
    let store: RecordStore

    /// To be called once: also closes what is open.
    func run() async throws {
        do {
            try await self.services.run()
        } catch let error as NodeError {
            try self.store.close()
            throw error
        }
        try self.store.close()
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
            throw NodeError(.dns, "DNS is no longer served: \(error)", underlying: error)
        }
    }
}

/// The HTTP server as a part of the service group.
struct HTTPService: Service {
    let application: Application<NodeHTTPResponder>

    func run() async throws {
        do {
            try await self.application.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw NodeError(
                .http,
                "HTTP can't be served at \(self.application.configuration.address): \(error)",
                underlying: error
            )
        }
    }
}
