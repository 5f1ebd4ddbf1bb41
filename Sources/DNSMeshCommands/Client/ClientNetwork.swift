import DMPNetwork
import DNSTransport
import Logging

/// What a command needs of the network.
enum NetworkUse: Sendable {
    /// Nothing: the client can open its files and no more.
    case none
    /// Reading, and nothing else.
    case lookingUp
    /// Reading; what is published beside it is a courtesy.
    case reading
    /// Reading and publishing.
    case publishing
}

/// The way of a command to its records: a single endpoint, or a cluster in cluster mode.
///
/// Source: protocol documents, "Command line", sections 4.3 to 4.5.
struct ClientNetwork: Sendable {
    private enum Way: Sendable {
        case none
        case endpoint(NodePublication)
        case cluster(ClusterAccess)
    }

    private let settings: ClientSettings
    private let way: Way

    /// - Throws: ``CommandFailure`` for settings that can't be used, before anything is sent.
    init(settings: ClientSettings, use: NetworkUse, home: ConfigurationHome, context: CommandContext)
        throws(CommandFailure)
    {
        self.settings = settings
        if settings.configuration.isClusterMode {
            let access = try ClusterAccess(settings: settings, home: home, context: context)
            self.way = if case .none = use { .none } else { .cluster(access) }
        } else {
            let publication = try NodePublication(settings: settings, use: use, home: home, context: context)
            self.way = if case .none = use { .none } else { .endpoint(publication) }
        }
    }

    /// Lends a reader, and a writer if there is any, to `body`.
    func open<Value: Sendable>(
        _ body: (any RecordReader, (any RecordWriter)?) async throws -> Value
    ) async throws -> Value {
        switch self.way {
        case .none: return try await body(OfflineReader(), nil)
        case .endpoint(let publication):
            return try await self.settings.withResolvers { reader in
                try await publication.withWriter(clock: CommandContext.current.clock) { try await body(reader, $0) }
            }
        case .cluster(let access):
            return try await self.settings.withResolvers { reader in
                try await access.open(through: reader) { try await body($0.reader, $0.writer) }
            }
        }
    }
}

extension ClientSettings {
    /// Lends a reader that asks the configured DNS servers.
    func withResolvers<Value>(_ body: (any RecordReader) async throws -> Value) async throws -> Value {
        let (upstreams, clock) = (try self.upstreams(), CommandContext.current.clock)
        let dnssecRequired = self.configuration.dnssecRequired
        if upstreams.count == 1 {
            return try await withUpstreamReader(
                upstreams[0],
                dnssecRequired: dnssecRequired,
                clock: clock,
                body
            )
        }
        var pool = ResolverPool.Settings()
        pool.demoted = { [logger = CommandContext.current.logger] _, failure in
            logger.log(level: failure.code == .insecureAnswer ? .warning : .debug, "\(failure)")
        }
        return try await withResolverPool(
            addresses: upstreams,
            dnssecRequired: dnssecRequired,
            settings: pool,
            clock: clock,
            body
        )
    }
}
