import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol

extension BootstrapCommand {
    /// `dnsmesh bootstrap discover`: from an address to a cluster, by two signatures.
    struct Discover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "discover",
            abstract: "Find the cluster that serves an address, and with --auto-pin use it.",
            discussion: """
                The bootstrap record must be signed by the pinned signer, and the cluster's manifest by the operator whom \
                the record names. --auto-pin is for your own domain, pinned before: it writes both anchors and turns \
                cluster mode on, or changes nothing.
                """
        )

        @Argument(help: ArgumentHelp("The address.", valueName: "user@host"))
        var address: String

        @Option(help: ArgumentHelp("The signer's key, in place of the pinned one.", valueName: "hex"))
        var signerSpk: String?

        @Flag(help: "Write the anchors of the domain and of the cluster, and turn cluster mode on.")
        var autoPin = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            let settings = ClientSettings(configuration: try file.load(), path: file.path)
            let address = try SoughtAddress(self.address)
            if self.autoPin, !settings.configuration.pinsBootstrap(of: address.host) {
                throw CommandFailure.noSigner(of: address.host)
            }
            let anchor = try BootstrapAnchor(
                userDomain: address.host,
                signerKey: self.signerSpk,
                pinnedIn: settings.configuration,
                path: file.path
            )
            let search = BootstrapSearch(anchor: anchor, settings: settings, home: file.home, context: .current)
            let findings = try await search.run { $0 }
            if self.autoPin {
                try await self.pin(findings, of: anchor, for: address)
            } else {
                try self.output.write(DiscoveredCluster(address: address, findings: findings))
            }
        }

        /// Writes everything in one step.
        private func pin(_ findings: BootstrapFindings, of anchor: BootstrapAnchor, for address: SoughtAddress)
            async throws
        {
            guard let cluster = findings.cluster else {
                throw CommandFailure.network(
                    "none of the \(findings.record.body.entries.count) clusters of \(anchor.domain.zone) can be used; "
                        + "nothing was changed"
                )
            }
            let file = self.clientOptions.configurationFile
            let before = try file.load()
            let after = try await file.update { configuration in
                guard configuration.pinsBootstrap(of: anchor.domain.text) else {
                    throw CommandFailure.noSigner(of: address.host)
                }
                configuration.pin(anchor, cluster.entry)
            }
            try self.output.write(
                PinnedDiscovery(address: address, findings: findings, cluster: cluster, configuration: after)
            )
            Self.describe(before, after, for: address)
        }

        private static func describe(_ before: Configuration, _ after: Configuration, for address: SoughtAddress) {
            let console = CommandContext.current.console
            if before.httpToken != after.httpToken || before.clusterNodeToken != after.clusterNodeToken {
                console.message("http_token and cluster_node_token were for other nodes, and are cleared")
            }
            if after.identityDomain.isEmpty {
                console.message(
                    "your identity is published in \(after.clusterBaseDomain); for others to find it as "
                        + "\(address.user)@\(address.host), set identity_domain to \(address.host) and publish it again"
                )
            }
        }
    }
}

extension Configuration {
    /// Takes both anchors and turns cluster mode on. Tokens stay only if this very cluster was in use before.
    fileprivate mutating func pin(_ anchor: BootstrapAnchor, _ entry: BootstrapEntry) {
        let cluster = ClusterAnchor(self)
        let isSame = cluster?.operatorKey == entry.operatorKey && cluster?.cluster.zone == entry.clusterDomain.zone
        if !isSame || !self.clusterEnabled {
            self.httpToken = nil
            self.clusterNodeToken = ""
        }
        self.bootstrapUserDomain = anchor.domain.zone.text
        self.bootstrapSignerKey = anchor.signer.hex
        self.clusterBaseDomain = entry.clusterDomain.zone.text
        self.clusterOperatorKey = entry.operatorKey.hex
        self.clusterEnabled = true
    }
}
