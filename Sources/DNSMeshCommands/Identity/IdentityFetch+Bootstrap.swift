import DMPNetwork
import DMPProtocol

extension IdentityCommand.Fetch {
    /// Lends a reader of the cluster that the bootstrap record of the address's host names. Nothing is kept of it.
    ///
    /// Source: protocol documents, "Command line", section 5.5.
    func withDiscoveredCluster<Value: Sendable>(
        _ body: (any RecordReader, ClientSettings) async throws -> Value
    ) async throws -> Value {
        let (file, context) = (self.clientOptions.configurationFile, CommandContext.current)
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        let address: SoughtAddress
        do {
            address = try SoughtAddress(self.person)
        } catch {
            throw CommandFailure.user("--via-bootstrap goes with an address: \(error.message)")
        }
        let anchor = try BootstrapAnchor(
            userDomain: address.host,
            signerKey: nil,
            pinnedIn: settings.configuration,
            path: file.path
        )
        let search = BootstrapSearch(anchor: anchor, settings: settings, home: file.home, context: context)
        return try await search.run { findings in
            guard let cluster = findings.cluster else {
                throw CommandFailure.network("no cluster of \(anchor.domain.zone) can be used now; try again later")
            }
            let nodes = try ClusterNodes(cluster.nodes)
            return try await withUnionReader(of: nodes, clock: context.clock) { reader in
                try await body(reader, settings)
            }
        }
    }
}
