import ArgumentParser
import DMPCrypto
import DMPProtocol

extension ClusterCommand {
    /// `dnsmesh cluster pin`: never touches the network.
    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin",
            abstract: "Store whom to trust: the operator's key and the cluster's domain.",
            discussion: "Cluster mode is off afterwards, until `dnsmesh cluster enable`."
        )

        @Argument(help: ArgumentHelp("The operator's Ed25519 key, 64 hex digits.", valueName: "operator_spk_hex"))
        var operatorKey: String

        @Argument(help: ArgumentHelp("The domain of the cluster.", valueName: "base_domain"))
        var baseDomain: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            let before = try file.load()
            let anchor = try ClusterAnchor(operatorKey: self.operatorKey, baseDomain: self.baseDomain)
            let after = try await file.update { $0.pin(anchor) }
            let console = CommandContext.current.console
            if before.isClusterMode {
                console.message("cluster mode was on and is off now; `dnsmesh cluster enable` turns it on again")
            }
            if !before.clusterNodeToken.isEmpty, after.clusterNodeToken.isEmpty {
                console.message("cluster_node_token was for the cluster pinned before, and is cleared")
            }
            try self.output.write(PinnedCluster(anchor: anchor))
        }
    }
}

extension Configuration {
    /// Takes the anchor and leaves cluster mode. A token for nodes stays only if it was for the same cluster.
    fileprivate mutating func pin(_ anchor: ClusterAnchor) {
        if ClusterAnchor(self) != anchor { self.clusterNodeToken = "" }
        self.clusterOperatorKey = anchor.operatorKey.hex
        self.clusterBaseDomain = anchor.cluster.zone.text
        self.clusterEnabled = false
    }
}

private struct PinnedCluster: CommandResult {
    let anchor: ClusterAnchor

    var text: String {
        """
        pinned cluster operator key and base domain \(self.anchor.cluster.zone)
        next:
          1. `dnsmesh cluster fetch` to verify the manifest resolves
          2. `dnsmesh cluster enable` to cut over from the legacy endpoint
        """
    }

    var json: JSONValue {
        [
            "cluster_base_domain": .text(self.anchor.cluster.zone.text),
            "cluster_operator_spk": .text(self.anchor.operatorKey.hex), "cluster_enabled": false,
        ]
    }
}
