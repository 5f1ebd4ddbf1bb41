import ArgumentParser
import DMPNetwork
import DMPProtocol

extension ClusterCommand {
    /// `dnsmesh cluster sign`: for operators; needs no config.
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sign",
            abstract: "Sign a manifest of your cluster, from a short YAML file.",
            discussion: """
                Prints the record and the name that it belongs to. The file looks like this:

                \(ClusterDraft.example)

                Nodes publish a manifest that they find in the file of DMP_CLUSTER_FILE; --save writes such a file.
                """
        )

        @OptionGroup var options: SigningOptions

        @Flag(help: "Publish to every node that the manifest lists.")
        var publish = false

        func run() async throws {
            let context = CommandContext.current
            let now = context.now()
            let draft = try await self.options.draft { (text) throws(DraftFault) in
                try ClusterDraft(yaml: text, now: now)
            }
            let key = try await self.options.operatorKey()
            let manifest = try self.options.naming { () throws(DraftFault) in
                try draft.manifest(signer: key.publicKey)
            }
            for warning in draft.warnings { context.console.message(warning) }
            if let saved = try await self.options.savedBefore() {
                try self.options.naming { () throws(DraftFault) in
                    try manifest.checkReplaces(saved, now: now)
                }
            }
            let signed = try key.sign(manifest, now: now)
            let listed = self.publish ? try manifest.nodes.map { try HTTPEndpoint($0.httpEndpoint) } : []
            let result = NewRecord(
                value: signed.value,
                owner: try OwnerName.cluster(manifest.name.zone),
                expires: manifest.expires,
                signer: key.publicKey,
                facts: manifest.facts,
                factMembers: manifest.factMembers
            )
            try await self.options.finish(
                result,
                endpoints: listed + self.options.publishTo.filter { !listed.contains($0) }
            )
        }
    }
}

extension ClusterManifest {
    fileprivate var facts: String {
        """
        cluster: \(self.name)
          seq:   \(self.sequence)
          exp:   \(self.expires.rawValue) (\(ShownTime.text(self.expires)))
          nodes: \(self.nodes.count)
        """ + self.nodes.map { "\n    \($0.id)  http=\($0.httpEndpoint)  dns=\($0.dnsEndpoint ?? "-")" }.joined()
    }

    fileprivate var factMembers: [JSONValue.Member] {
        [
            .init(key: "cluster", value: .text(self.name.text)),
            .init(key: "seq", value: .number(Int64(clamping: self.sequence))),
            .init(key: "exp", value: .number(Int64(clamping: self.expires.rawValue))),
            .init(
                key: "nodes",
                value: .array(
                    self.nodes.map {
                        [
                            "node_id": .text($0.id), "http_endpoint": .text($0.httpEndpoint),
                            "dns_endpoint": .optional($0.dnsEndpoint),
                        ]
                    }
                )
            ),
        ]
    }
}
