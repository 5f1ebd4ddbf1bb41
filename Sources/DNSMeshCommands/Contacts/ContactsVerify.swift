import ArgumentParser
import DMPProtocol
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts verify`: needs the passphrase, but not the network.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Show the safety code that you compare with a contact.",
            discussion: """
                Both of you see the same code if each has the other's true keys. Compare the digits or the words by voice \
                or face to face, or scan the QR code, which holds the digits; then run the command again with --confirm. \
                The mark ends when a key changes.
                """
        )

        @Argument(help: "The contact's name, as `contacts list` shows it.")
        var name: String

        @Flag(help: "Note that you have compared the code.")
        var confirm = false

        @Flag(help: "Take that note back.")
        var undo = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard !(self.confirm && self.undo) else {
                throw ValidationError("--confirm and --undo exclude each other.")
            }
        }

        func run() async throws {
            let contact = try self.clientOptions.contact(named: self.name).contact
            let result = try await self.clientOptions.withClient(.none) { client in
                let verifications = client.verifications
                let code = try verifications.code(with: contact)
                if self.confirm { try await verifications.confirm(contact) }
                if self.undo { try await verifications.withdraw(contact) }
                return SafetyCodeView(
                    contact: contact,
                    code: code,
                    isVerified: try await verifications.names(among: [contact]).contains(contact.name),
                    isChanged: self.confirm || self.undo
                )
            }
            try self.output.write(result)
        }
    }
}

/// A safety code as digits, words and a QR code.
struct SafetyCodeView: CommandResult {
    let contact: Contact
    let code: SafetyCode
    let isVerified: Bool
    /// Whether the command has just set or removed the mark: then the code isn't shown again.
    let isChanged: Bool

    private static let groupsPerLine = 4
    /// What the QR code holds, as capital letters and digits take the least room.
    private var scanned: String { "DNSMESH1:" + self.code.digits.joined() }

    private var status: String { self.isVerified ? "verified" : "not verified" }

    var text: String {
        let name = TerminalText.line(self.contact.name)
        if self.isChanged { return "contact \(name): \(self.status)" }
        let next =
            self.isVerified ? "" : "\n  once you have compared it: dnsmesh contacts verify --confirm \(name)"
        return """
            safety code with \(name) (\(self.status))

            \(Self.lines(self.code.digits))

            \(Self.lines(self.code.words))

            \(QRCode(self.scanned)?.blocks ?? "")
            \(next)
            """
    }

    var json: JSONValue {
        [
            "name": .text(self.contact.name), "verified": .bool(self.isVerified),
            "digits": .array(self.code.digits.map(JSONValue.text)),
            "words": .array(self.code.words.map(JSONValue.text)), "qr_text": .text(self.scanned),
        ]
    }

    private static func lines(_ groups: [String]) -> String {
        stride(from: 0, to: groups.count, by: self.groupsPerLine).map { start in
            "  " + groups[start..<min(start + self.groupsPerLine, groups.count)].joined(separator: " ")
        }.joined(separator: "\n")
    }
}
