import ArgumentParser
import DMPProtocol
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts export`: needs no network, and the passphrase for the own card only.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Write a card with a contact's public keys, or with your own.",
            discussion:
                "Others read it with `dnsmesh contacts import`, and should compare its fingerprint with the owner."
        )

        @Argument(help: "The contact's name. Without it: your own card.")
        var name: String?

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            if let name = self.name {
                try self.output.write(try ContactCard(self.clientOptions.contact(named: name).contact))
            } else {
                try self.output.write(try await self.ownCard())
            }
        }

        private func ownCard() async throws -> ContactCard {
            let identity = try await self.clientOptions.deriveIdentity()
            let configuration = identity.configuration
            let domain =
                configuration.identityDomain.isEmpty ? configuration.effectiveDomain : configuration.identityDomain
            return ContactCard(
                name: "\(configuration.username)@\(domain)",
                username: configuration.username,
                domain: domain,
                encryptionKey: identity.keys.encryptionKey,
                signingKey: identity.keys.signingKey
            )
        }
    }
}
