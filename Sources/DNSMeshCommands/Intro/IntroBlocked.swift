import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro blocked`.
    struct Blocked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "blocked", abstract: "List the blocked senders.")

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let senders = try await self.clientOptions.withClient(.none) { try await $0.intros.blockedSenders() }
            try self.output.write(BlockedTable(senders: senders))
        }
    }
}

private struct BlockedTable: CommandResult {
    let senders: [BlockedSender]

    var text: String {
        if self.senders.isEmpty { return "(nobody is blocked)" }
        return self.senders.map { sender in
            let note = sender.note.isEmpty ? "" : "  \(TerminalText.line(sender.note))"
            return "\(sender.senderKey.hex)  \(ShownTime.text(sender.blocked))\(note)"
        }.joined(separator: "\n")
    }

    var json: JSONValue {
        .array(
            self.senders.map { sender in
                [
                    "sender_spk": .text(sender.senderKey.hex),
                    "blocked_at": .number(Int64(clamping: sender.blocked.rawValue)), "note": .text(sender.note),
                ]
            }
        )
    }
}
