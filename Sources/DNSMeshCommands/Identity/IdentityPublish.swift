import ArgumentParser
import DMPProtocol
import DNSMesh

extension IdentityCommand {
    /// `dnsmesh identity publish`.
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish",
            abstract: "Publish your identity, so that others can find your keys."
        )

        @Option(help: "How long the record stays published, in seconds.", transform: ArgumentReading.seconds)
        var ttl: UInt32 = 86_400

        @Flag(name: .customLong("advertise-v2"), help: "Say that you read messages with a sender's address (DMPv2).")
        var advertisesEnvelope = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (publication, standing) = try await self.clientOptions.withClient(.publishing) { client in
                let receipt = try await client.publishIdentity(
                    lifetime: self.ttl,
                    advertisingEnvelope: self.advertisesEnvelope
                )
                let publication = Publication(receipt: receipt, identityZone: client.configuration.identityZone)
                return (publication, try await client.standing())
            }
            try self.output.write(publication)
            standing.describe(to: CommandContext.current.console, asRecipient: true)
        }
    }
}

private struct Publication: CommandResult {
    let receipt: PublishReceipt
    let identityZone: ZoneName?

    private var address: String {
        self.receipt.record.username + (self.identityZone.map { "@\($0)" } ?? "")
    }

    var text: String {
        """
        published identity to \(self.receipt.owner)
          others can resolve you with: dnsmesh identity fetch \(TerminalText.line(self.address))
        """
    }

    var json: JSONValue {
        [
            "dns_name": .text(self.receipt.owner.text), "address": .text(self.address),
            "fingerprint": .text(self.receipt.record.fingerprint.text),
            "withdrawn": .number(Int64(self.receipt.withdrawn)),
        ]
    }
}
