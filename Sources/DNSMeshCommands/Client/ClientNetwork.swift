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

/// The way of a command to its records: a single endpoint, or a cluster in cluster mode. With a TSIG key, records are
/// written by DNS UPDATE in either case.
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
    private let updates: UpdateAccess?

    /// - Throws: ``CommandFailure`` for settings that can't be used, before anything is sent.
    init(settings: ClientSettings, use: NetworkUse, home: ConfigurationHome, context: CommandContext)
        throws(CommandFailure)
    {
        self.settings = settings
        let updates = try UpdateAccess(settings: settings, use: use, context: context)
        self.updates = updates
        if settings.configuration.isClusterMode {
            let access = try ClusterAccess(settings: settings, home: home, context: context)
            self.way = if case .none = use { .none } else { .cluster(access) }
        } else {
            let ownUse = updates == nil || use == .none ? use : .lookingUp
            let publication = try NodePublication(settings: settings, use: ownUse, home: home, context: context)
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
                if let updates = self.updates { return try await updates.withWriter { try await body(reader, $0) } }
                return try await publication.withWriter(clock: CommandContext.current.clock) {
                    try await body(reader, $0)
                }
            }
        case .cluster(let access):
            return try await self.settings.withResolvers { reader in
                try await access.open(through: reader) { network in
                    guard let updates = self.updates else { return try await body(network.reader, network.writer) }
                    return try await updates.withWriter { try await body(network.reader, $0) }
                }
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
