import ArgumentParser
import DMPNetwork
import DMPProtocol

extension ClusterCommand {
    /// `dnsmesh cluster enable`: cluster mode is on after a manifest was verified, and never before.
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable",
            abstract: "Cut over to the cluster, once its manifest has been verified.",
            discussion:
                "Messages, prekeys and your identity then live in the cluster's domain. If the manifest can't be "
                + "verified, or one of its nodes can't be used, nothing changes."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            let summary = try await ManifestLookup.open(self.clientOptions) { lookup, reader, configuration in
                let manifest = try await Self.verify(lookup, through: reader, isEnabled: configuration.isClusterMode)
                let anchor = lookup.access.anchor
                if !configuration.clusterEnabled {
                    _ = try await file.update { configuration in
                        guard ClusterAnchor(configuration) == anchor else {
                            throw CommandFailure.user(
                                "another cluster was pinned meanwhile; run this again for that one"
                            )
                        }
                        configuration.clusterEnabled = true
                    }
                    Self.warn(about: configuration)
                }
                await lookup.keep(manifest)
                return ManifestSummary(
                    manifest: manifest.body,
                    showsNodes: false,
                    mode: .init(wasEnabled: configuration.clusterEnabled)
                )
            }
            try self.output.write(summary)
        }

        /// The published manifest, every node of which can be used.
        private static func verify(
            _ lookup: ManifestLookup,
            through reader: any RecordReader,
            isEnabled: Bool
        ) async throws -> Signed<ClusterManifest> {
            let result = try await lookup.run(through: reader)
            do {
                let manifest = try result.get()
                try await withNodeConnections(try lookup.access.connections(through: reader)) { connections in
                    _ = try connections.factory.nodes(of: manifest.body)
                }
                return manifest
            } catch let failure as RefreshFailure {
                throw CommandFailure.network(
                    "cluster manifest fetch failed for \(lookup.access.anchor.cluster.zone): "
                        + "\(failure.explanation(lookup.access)). Cluster mode stays \(isEnabled ? "on" : "off")."
                )
            }
        }

        private static func warn(about configuration: Configuration) {
            guard configuration.clusterNodeToken.isEmpty, configuration.httpToken?.isEmpty == false else { return }
            CommandContext.current.console.message(
                "http_token goes to the nodes of this cluster from now on; set cluster_node_token to send another one"
            )
        }
    }
}
