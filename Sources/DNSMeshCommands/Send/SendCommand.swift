import ArgumentParser
import DMPProtocol
import DNSMesh

/// `dnsmesh send`.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "send", abstract: "Send a message to a contact.")

    @Argument(help: "The contact's name, or its address user@host.")
    var recipient: String

    @Argument(help: "The text; - reads it from standard input.")
    var message: String

    @Option(
        help: "How long the message waits for its reader, in seconds. Default: one day, or what the node allows.",
        transform: ArgumentReading.seconds
    )
    var ttl: UInt32?

    @OptionGroup var clientOptions: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = CommandContext.current
        let body = try await self.prepareBody(context)
        let (receipt, standing) = try await self.clientOptions.withClient(.publishing) { client in
            let receipt = try await client.send(body, to: self.recipient, lifetime: self.ttl.map(UInt64.init))
            return (receipt, try await client.standing())
        }
        for warning in receipt.warnings(lifetime: self.ttl) { context.console.message(warning) }
        try self.output.write(SentMessage(recipient: self.recipient, receipt: receipt))
        standing.describe(to: context.console, asRecipient: false)
    }

    /// The recipient must be known before anybody is asked for a passphrase or a text.
    private func prepareBody(_ context: CommandContext) async throws -> [UInt8] {
        let file = self.clientOptions.configurationFile
        let settings = ClientSettings(configuration: try file.load(), path: file.path)
        let book = ContactBook(store: ConfiguredContactStore(file: file), ownZone: try settings.zone())
        let contact = try await book.resolve(self.recipient)
        guard contact.encryptionKey != nil else {
            throw CommandFailure.user(
                "the encryption key of \(contact.name) is unknown; find it with `dnsmesh identity fetch USER@HOST --add`"
            )
        }
        return self.message == "-" ? try context.readInput() : Array(self.message.utf8)
    }
}

extension SendReceipt {
    private static let defaultLifetime: UInt32 = 86_400

    /// What the sender should know beside that it worked.
    fileprivate func warnings(lifetime: UInt32?) -> [String] {
        var warnings: [String] = []
        if case .none(let reason) = self.forwardSecrecy {
            warnings.append("warning: sent without forward secrecy: \(reason.explanation)")
        }
        if self.lifetime < UInt64(lifetime ?? Self.defaultLifetime) {
            warnings.append("the message is kept for \(self.lifetime) seconds")
        }
        warnings += self.warnings.map(\.explanation)
        if self.resumed { warnings.append("an interrupted attempt at the same message was completed") }
        return warnings
    }
}

extension SendReceipt.ForwardSecrecy.Reason {
    fileprivate var explanation: String {
        switch self {
        case .notPinned: "the contact's signing key isn't pinned, so its one-time keys can't be checked"
        case .nonePublished: "the contact has no one-time keys published"
        case .noneUsable: "all of the contact's published one-time keys are used up"
        case .unavailable: "the contact's one-time keys could not be read"
        }
    }
}

private struct SentMessage: CommandResult {
    let recipient: String
    let receipt: SendReceipt

    private var prekey: UInt32? {
        if case .prekey(let id) = self.receipt.forwardSecrecy { id } else { nil }
    }

    var text: String { "sent → \(TerminalText.line(self.recipient))" }

    var json: JSONValue {
        [
            "recipient": .text(self.recipient), "contact": .text(self.receipt.contact),
            "msg_id": .text(self.receipt.messageID.hex), "chunks": .number(Int64(self.receipt.chunkCount)),
            "needed_chunks": .number(Int64(self.receipt.neededChunkCount)), "forward_secret": .bool(self.prekey != nil),
            "prekey_id": self.prekey.map { .number(Int64($0)) } ?? .null,
            "carries_address": .bool(self.receipt.carriesAddress),
            "expires": .number(Int64(clamping: self.receipt.expires.rawValue)),
            "resumed": .bool(self.receipt.resumed),
        ]
    }
}
