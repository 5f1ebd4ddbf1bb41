import ArgumentParser
import DMPCrypto
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro block`.
    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "block",
            abstract: "Remove all intros of a sender, and refuse what it writes from now on.",
            discussion: "A blocked key is refused everywhere, also where a contact is pinned to it."
        )

        @Argument(help: "The number of one of the sender's intros, as `intro list` shows it.")
        var id: Int64

        @Option(help: "Why, for your own memory.")
        var note = ""

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let now = CommandContext.current.now()
            let sender = try await self.clientOptions.withClient(.none) { client in
                guard let intro = try await client.intros.intro(self.id) else {
                    throw CommandFailure.unknownIntro(self.id)
                }
                try await client.intros.block(intro.senderKey, note: self.note, now: now)
                return intro.senderKey
            }
            try self.output.write(BlockedIntro(id: self.id, sender: sender))
        }
    }
}

private struct BlockedIntro: CommandResult {
    let id: Int64
    let sender: Ed25519.PublicKey

    var text: String {
        """
        blocked intro #\(self.id)
          sender_spk: \(self.sender.hex)
          undo it with: dnsmesh intro unblock \(self.sender.hex)
        """
    }

    var json: JSONValue { ["blocked": .number(self.id), "sender_spk": .text(self.sender.hex)] }
}
