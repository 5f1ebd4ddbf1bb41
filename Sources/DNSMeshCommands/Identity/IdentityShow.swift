import ArgumentParser
import DMPCrypto
import DMPProtocol

extension IdentityCommand {
    /// `dnsmesh identity show`: needs the passphrase, but neither the network nor a database.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show your own keys and their fingerprint."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let identity = try await self.clientOptions.deriveIdentity()
            try self.output.write(ShownIdentity(keys: identity.keys, configuration: identity.configuration))
        }
    }
}

struct ShownIdentity: CommandResult {
    let keys: IdentityKeys
    let configuration: Configuration

    private var fields: [(name: String, value: String)] {
        let domain = self.configuration.identityDomain
        return [
            ("username", self.configuration.username), ("domain", self.configuration.effectiveDomain),
            ("public_key", self.keys.encryptionKey.hex), ("signing_public_key", self.keys.signingKey.hex),
            ("user_id", self.keys.userID.hex),
        ] + (domain.isEmpty ? [] : [("identity_domain", domain)])
            + [("fingerprint", self.keys.fingerprint.text)]
    }

    var text: String {
        self.fields.map { "\($0.name): \(TerminalText.line($0.value))" }.joined(separator: "\n")
    }

    var json: JSONValue { .object(self.fields.map { .init(key: $0.name, value: .text($0.value)) }) }
}
