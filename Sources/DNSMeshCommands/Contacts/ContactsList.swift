import ArgumentParser

extension ContactsCommand {
    /// `dnsmesh contacts list`: needs no network, and the passphrase only to tell who is verified.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the contacts, and whether they are pinned and verified."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let contacts = try self.clientOptions.configurationFile.load().contacts
            try self.output.write(
                ContactTable(
                    contacts: contacts.sorted { $0.label.precedesByCodePoint($1.label) },
                    verified: try await self.clientOptions.verifiedNames(among: contacts)
                )
            )
        }
    }
}

struct ContactTable: CommandResult {
    let contacts: [ContactEntry]
    /// The names of those whose safety code was compared; `nil` if that can't be told.
    let verified: Set<String>?

    var text: String {
        guard !self.contacts.isEmpty else {
            return "(no contacts yet — add one with `dnsmesh identity fetch USER@HOST --add`)"
        }
        let names = self.contacts.map { TerminalText.line($0.label) }
        let width = names.map(\.count).max() ?? 0
        return zip(names, self.contacts).map { name, contact in
            let padding = String(repeating: " ", count: width - name.count)
            let isVerified = self.verified?.contains(contact.label) == true
            let pin = contact.signingKey.isEmpty ? "UNPINNED" : isVerified ? "pinned, verified" : "pinned"
            return "\(name)\(padding)  \(TerminalText.line(contact.encryptionKey))  (\(pin))"
        }.joined(separator: "\n")
    }

    var json: JSONValue {
        .array(self.contacts.map { $0.json(isVerified: self.verified?.contains($0.label)) })
    }
}

extension ContactEntry {
    var json: JSONValue { .object(self.members) }

    /// With the member `verified`, which is null if `isVerified` can't be told.
    func json(isVerified: Bool?) -> JSONValue {
        .object(self.members + [.init(key: "verified", value: isVerified.map(JSONValue.bool) ?? .null)])
    }

    private var members: [JSONValue.Member] {
        [
            .init(key: "name", value: .text(self.label)),
            .init(key: "public_key", value: .text(self.encryptionKey)),
            .init(key: "signing_public_key", value: .text(self.signingKey)),
            .init(key: "domain", value: .text(self.domain)),
            .init(key: "remote_username", value: .text(self.remoteUsername)),
            .init(key: "pinned", value: .bool(!self.signingKey.isEmpty)),
        ]
    }
}
