import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import Logging

extension ClientOptions {
    /// Lends a client of this identity to `body`.
    ///
    /// The order is that of the protocol documents, "Command line", section 4.5, but for the tripwire: a mistyped
    /// passphrase is noticed before the network is touched or anything is read from a database. The databases are opened
    /// while the keys are derived. Keys that are given are taken as they are.
    func withClient<Value: Sendable>(
        _ use: NetworkUse,
        allowsTOFU: Bool = false,
        keys: IdentityKeys? = nil,
        _ body: (DMPClient) async throws -> Value
    ) async throws -> Value {
        let context = CommandContext.current
        let file = self.configurationFile
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        let mesh = try settings.mesh(allowsTOFU: allowsTOFU)
        let network = try ClientNetwork(settings: settings, use: use, home: file.home, context: context)
        let derivation = IdentityDerivation(file: file, context: context)
        let (logger, now) = (context.logger, context.now())
        let open: @Sendable () async throws -> MeshStores = {
            try file.home.prepare(console: context.console)
            return try await BlockingWork.run {
                try MeshStores.directory(file.home.folder, now: now, logger: logger)
            }
        }
        let (identity, stores) =
            if let keys { (keys, try await open()) } else {
                try await derivation.run(settings.configuration, beside: open)
            }
        return try await network.open { reader, writer in
            let client = try DMPClient(
                keys: identity,
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

    /// Lends a reader to `body`, for a command that is nobody in particular and needs no passphrase.
    func withReader<Value: Sendable>(
        _ body: (any RecordReader, ClientSettings) async throws -> Value
    ) async throws -> Value {
        let file = self.configurationFile
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        let network = try ClientNetwork(settings: settings, use: .lookingUp, home: file.home, context: .current)
        return try await network.open { reader, _ in try await body(reader, settings) }
    }
}
