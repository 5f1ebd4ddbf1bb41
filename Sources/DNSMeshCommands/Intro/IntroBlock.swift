import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro block`.
    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
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

    /// `dnsmesh intro blocked`.
    struct Blocked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the blocked senders.")

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let senders = try await self.clientOptions.withClient(.none) { try await $0.intros.blockedSenders() }
            try self.output.write(BlockedTable(senders: senders))
        }
    }

    /// `dnsmesh intro unblock`.
    struct Unblock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accept intros of a sender again.")

        @Argument(help: "The sender's Ed25519 key, as `intro blocked` shows it.")
        var key: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key: Ed25519.PublicKey
            do { key = try Ed25519.PublicKey(hex: self.key) } catch {
                throw CommandFailure.user("a key has 64 hexadecimal digits; see `dnsmesh intro blocked`")
            }
            guard try await self.clientOptions.withClient(.none, { try await $0.intros.unblock(key) }) else {
                throw CommandFailure.user("this key isn't blocked; see `dnsmesh intro blocked`")
            }
            try self.output.write(UnblockedSender(key: key))
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

private struct UnblockedSender: CommandResult {
    let key: Ed25519.PublicKey

    var text: String { "unblocked \(self.key.hex)" }
    var json: JSONValue { ["unblocked": .text(self.key.hex)] }
}
