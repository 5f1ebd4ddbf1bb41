import ArgumentParser
import DMPCrypto
import DMPProtocol

extension BootstrapCommand {
    /// `dnsmesh bootstrap pin`: never touches the network.
    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin",
            abstract: "Store whom to trust about the clusters of a domain."
        )

        @Argument(help: ArgumentHelp("The domain of the users' addresses.", valueName: "user_domain"))
        var userDomain: String

        @Argument(help: ArgumentHelp("The zone operator's Ed25519 key, 64 hex digits.", valueName: "signer_spk_hex"))
        var signerKey: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            _ = try file.load()
            let anchor = try BootstrapAnchor(userDomain: self.userDomain, signerKey: self.signerKey)
            _ = try await file.update { configuration in
                configuration.bootstrapUserDomain = anchor.domain.zone.text
                configuration.bootstrapSignerKey = anchor.signer.hex
            }
            try self.output.write(PinnedBootstrap(anchor: anchor))
        }
    }
}

private struct PinnedBootstrap: CommandResult {
    let anchor: BootstrapAnchor

    var text: String {
        let domain = self.anchor.domain.zone
        return """
            pinned bootstrap signer for \(domain)
            next:
              1. `dnsmesh bootstrap fetch` to verify the record at _dmp.\(domain) resolves
              2. `dnsmesh bootstrap discover <user>@\(domain)` to see which cluster(s) the domain points at
            """
    }

    var json: JSONValue {
        [
            "bootstrap_user_domain": .text(self.anchor.domain.zone.text),
            "bootstrap_signer_spk": .text(self.anchor.signer.hex),
        ]
    }
}
