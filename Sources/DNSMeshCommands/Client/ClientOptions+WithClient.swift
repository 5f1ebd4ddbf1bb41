import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import Logging

/// What a command needs of the network.
enum NetworkUse: Sendable {
    /// Nothing: the client can open its files and no more.
    case none
    /// Reading; what is published beside it is a courtesy.
    case reading
    /// Reading and publishing.
    case publishing
}

extension ClientOptions {
    /// Lends a client of this identity to `body`.
    ///
    /// The order is that of the protocol documents, "Command line", section 4.5, but for the tripwire: a mistyped
    /// passphrase is noticed before the network or a database is touched.
    func withClient<Value>(
        _ use: NetworkUse,
        allowsTOFU: Bool = false,
        _ body: (DMPClient) async throws -> Value
    ) async throws -> Value {
        let context = CommandContext.current
        let file = self.configurationFile
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        try settings.requireSupported()
        let mesh = try settings.mesh(allowsTOFU: allowsTOFU)
        let publication = try NodePublication(settings: settings, use: use, home: file.home, context: context)
        let identity = try await IdentityDerivation(file: file, context: context).run(settings.configuration)
        try file.home.prepare(console: context.console)
        let (logger, now) = (context.logger, context.now())
        let stores = try await BlockingWork.run {
            try MeshStores.directory(file.home.folder, now: now, logger: logger)
        }
        return try await self.withReader(use, settings) { reader in
            try await publication.withWriter(clock: context.clock) { writer in
                let client = try DMPClient(
                    keys: identity.keys,
                    configuration: mesh,
                    reader: reader,
                    writer: writer,
                    contacts: ConfiguredContactStore(file: file),
                    stores: stores,
                    clock: context.clock,
                    now: context.now,
                    logger: logger
                )
                return try await body(client)
            }
        }
    }

    /// Lends a reader to `body`, for a command that is nobody in particular and needs no passphrase.
    func withReader<Value>(_ body: (any RecordReader, ClientSettings) async throws -> Value) async throws -> Value {
        let file = self.configurationFile
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        try settings.requireSupported()
        return try await self.withReader(.reading, settings) { try await body($0, settings) }
    }

    private func withReader<Value>(
        _ use: NetworkUse,
        _ settings: ClientSettings,
        _ body: (any RecordReader) async throws -> Value
    ) async throws -> Value {
        if case .none = use { return try await body(OfflineReader()) }
        let (upstreams, clock) = (try settings.upstreams(), CommandContext.current.clock)
        if upstreams.count == 1 {
            return try await withUpstreamReader(upstreams[0], clock: clock, width: Self.readWidth, body)
        }
        var pool = ResolverPool.Settings()
        pool.width = Self.readWidth
        return try await withResolverPool(addresses: upstreams, settings: pool, clock: clock, body)
    }

    /// How many questions are under way at one DNS server.
    private static let readWidth = 32
}

/// Where and with what credential a command publishes.
private struct NodePublication {
    private let endpoint: HTTPEndpoint?
    private let token: BearerToken?

    /// - Throws: ``CommandFailure`` if the command must publish and can't.
    init(settings: ClientSettings, use: NetworkUse, home: ConfigurationHome, context: CommandContext)
        throws(CommandFailure)
    {
        var (endpoint, token): (HTTPEndpoint?, BearerToken?) = (nil, nil)
        switch use {
        case .none: break
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
