import ArgumentParser
import DMPCrypto
import DMPProtocol

extension BootstrapCommand {
    /// `dnsmesh bootstrap sign`: for operators; needs no config.
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sign",
            abstract: "Sign which clusters serve your domain, from a short YAML file.",
            discussion: """
                Prints the record and the name that it belongs to. The file looks like this:

                \(BootstrapDraft.example)

                The record may stand in the domain's own zone, as a TXT record, or on any node that answers for it.
                """
        )

        @OptionGroup var options: SigningOptions

        func run() async throws {
            let now = CommandContext.current.now()
            let draft = try await self.options.draft { (text) throws(DraftFault) in
                try BootstrapDraft(yaml: text, now: now)
            }
            let key = try await self.options.operatorKey()
            let record = try self.options.naming { () throws(DraftFault) in
                try draft.record(signer: key.publicKey)
            }
            if let saved = try await self.options.savedBefore() {
                try self.options.naming { () throws(DraftFault) in
                    try record.checkReplaces(saved, now: now)
                }
            }
            let signed = try key.sign(record, now: now)
            let result = NewRecord(
                value: signed.value,
                owner: try OwnerName.bootstrap(record.domain.zone),
                expires: record.expires,
                signer: key.publicKey,
                facts: record.facts,
                factMembers: record.factMembers
            )
            try await self.options.finish(result, endpoints: self.options.publishTo)
        }
    }
}

extension BootstrapRecord {
    fileprivate var facts: String {
        """
        user_domain: \(self.domain)
          seq:   \(self.sequence)
          exp:   \(self.expires.rawValue) (\(ShownTime.text(self.expires)))
          clusters: \(self.entries.count)
        """
            + self.entries.map {
                "\n    priority=\($0.priority)  cluster=\($0.clusterDomain)  operator_spk=\($0.operatorKey)"
            }.joined()
    }

    fileprivate var factMembers: [JSONValue.Member] {
        [
            .init(key: "user_domain", value: .text(self.domain.text)),
            .init(key: "seq", value: .number(Int64(clamping: self.sequence))),
            .init(key: "exp", value: .number(Int64(clamping: self.expires.rawValue))),
            .init(
                key: "entries",
                value: .array(
                    self.entries.map {
                        [
                            "priority": .number(Int64($0.priority)),
                            "cluster_base_domain": .text($0.clusterDomain.text),
                            "operator_spk": .text($0.operatorKey.hex),
                        ]
                    }
                )
            ),
        ]
    }
}
