import ArgumentParser
import DNSMesh

extension InboxCommand {
    /// `dnsmesh inbox list`: needs the passphrase, but not the network.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the received messages, oldest first."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let messages = try await self.clientOptions.withClient(.none) { try await $0.inbox.list() }
            try self.output.write(InboxTable(messages: messages))
        }
    }
}

private struct InboxTable: CommandResult {
    let messages: [ReceivedMessage]

    private static let longestPreview = 60

    var text: String {
        if self.messages.isEmpty { return "(no messages)" }
        return self.messages.map(Self.row).joined(separator: "\n")
    }

    var json: JSONValue { .array(self.messages.map { MessageView(message: $0).json }) }

    private static func row(_ message: ReceivedMessage) -> String {
        let view = MessageView(message: message)
        let firstLine = TerminalText.line(String(view.body.prefix { !$0.isNewline }))
        let preview = firstLine.count > self.longestPreview ? "\(firstLine.prefix(self.longestPreview))…" : firstLine
        return "#\(message.id)  \(ShownTime.text(message.sentAt))  \(view.sender)  \(preview)"
    }
}
