import ArgumentParser
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro accept`.
    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept",
            abstract: "Move an intro into the inbox. Its sender doesn't become a contact."
        )

        @Argument(help: "The intro's number, as `intro list` shows it.")
        var id: Int64

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await self.clientOptions.withClient(.none) { client in
                guard let message = try await client.intros.accept(self.id) else {
                    throw CommandFailure.unknownIntro(self.id)
                }
                try self.output.write(
                    HandledIntro(
                        id: self.id,
                        message: message,
                        headline: "accepted intro #\(self.id)",
                        advice: "its sender is not pinned: further messages come as intros, unless you trust one"
                    )
                )
                try await client.inbox.acknowledge([message])
            }
        }
    }
}

/// An intro that went into the inbox.
struct HandledIntro: CommandResult {
    let id: Int64
    let message: ReceivedMessage
    let headline: String
    let advice: String

    var text: String {
        """
        \(TerminalText.line(self.headline))
        \(TerminalText.block(MessageView(message: self.message).body, indent: "  "))
          \(self.advice)
        """
    }

    var json: JSONValue {
        ["intro": .number(self.id), "message": MessageView(message: self.message).json]
    }
}
