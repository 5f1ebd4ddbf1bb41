import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

extension BootstrapCommand {
    /// `dnsmesh bootstrap fetch`: changes nothing.
    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fetch",
            abstract: "Look up a domain's bootstrap record, verify it, and show it."
        )

        @Option(help: ArgumentHelp("The domain, in place of the pinned one.", valueName: "domain"))
        var userDomain: String?

        @Option(help: ArgumentHelp("The signer's key, in place of the pinned one.", valueName: "hex"))
        var signerSpk: String?

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (file, context) = (self.clientOptions.configurationFile, CommandContext.current)
            let settings = ClientSettings(configuration: try file.load(), path: file.path)
            let anchor = try BootstrapAnchor(
                userDomain: self.userDomain,
                signerKey: self.signerSpk,
                pinnedIn: settings.configuration,
                path: file.path
            )
            let discovery = try anchor.discovery
            let record = try await settings.withResolvers { reader in
                try await discovery.fetch(
                    through: reader,
                    deadline: context.clock.now.advanced(by: ClusterAccess.lookupTimeout),
                    now: context.now
                )
            }
            switch record {
            case .success(let record): try self.output.write(BootstrapSummary(record: record.body))
            case .failure(let refusal): throw anchor.failure(refusal)
            }
        }
    }
}

private struct BootstrapSummary: CommandResult {
    let record: BootstrapRecord

    var text: String {
        let entries = self.record.entries.map { entry in
            "\n  priority=\(entry.priority)  cluster=\(entry.clusterDomain)  "
                + "operator_spk=\(entry.operatorKey.hex.prefix(16))..."
        }
        return """
            user_domain: \(self.record.domain)
            seq:         \(self.record.sequence)
            expires:     \(self.record.expires.rawValue)
            entries (sorted by priority):\(entries.joined())
            """
    }

    var json: JSONValue {
        [
            "user_domain": .text(self.record.domain.text), "seq": .number(Int64(clamping: self.record.sequence)),
            "exp": .number(Int64(clamping: self.record.expires.rawValue)),
            "entries": .array(self.record.entries.map(\.json)),
        ]
    }
}

extension BootstrapEntry {
    var json: JSONValue {
        [
            "priority": .number(Int64(self.priority)), "cluster_base_domain": .text(self.clusterDomain.text),
            "operator_spk": .text(self.operatorKey.hex),
        ]
    }
}
