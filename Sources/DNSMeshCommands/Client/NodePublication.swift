import DMPNetwork
import DNSTransport

/// Where and with what credential a command publishes, if not to a cluster.
struct NodePublication: Sendable {
    private let endpoint: HTTPEndpoint?
    private let token: BearerToken?

    /// - Throws: ``CommandFailure`` if the command must publish and can't.
    init(settings: ClientSettings, use: NetworkUse, home: ConfigurationHome, context: CommandContext)
        throws(CommandFailure)
    {
        var (endpoint, token): (HTTPEndpoint?, BearerToken?) = (nil, nil)
        switch use {
        case .none, .lookingUp: break
        case .reading:
            endpoint = try settings.endpoint()
            token = try endpoint.flatMap { (found) throws(CommandFailure) in
                try settings.token(for: found, home: home, now: context.now())
            }
            if let found = endpoint, token != nil, !found.isEncrypted, !found.isLoopback {
                context.console.message(
                    "warning: \(found) is not encrypted, so its token isn't sent: used one-time keys stay published"
                )
                endpoint = nil
            }
        case .publishing:
            guard let found = try settings.endpoint() else {
                throw .user("no endpoint configured: set endpoint in \(settings.path) to the URL of your node")
            }
            endpoint = found
            token = try settings.token(for: found, home: home, now: context.now())
        }
        (self.endpoint, self.token) = (endpoint, token)
    }

    func withWriter<Value>(
        clock: ErasedClock,
        _ body: ((any RecordWriter)?) async throws -> Value
    ) async throws -> Value {
        guard let endpoint = self.endpoint else { return try await body(nil) }
        return try await withHTTPRecordWriter(to: endpoint, token: self.token, clock: clock) { try await body($0) }
    }
}
