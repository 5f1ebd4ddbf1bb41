import ArgumentParser

extension ContactsCommand {
    /// `dnsmesh contacts list`: needs neither the passphrase nor the network.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the contacts and whether they are pinned.")

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let contacts = try self.clientOptions.configurationFile.load().contacts
            try self.output.write(ContactTable(contacts: contacts.sorted { $0.label.precedesByCodePoint($1.label) }))
        }
    }
}

struct ContactTable: CommandResult {
    let contacts: [ContactEntry]

    var text: String {
        guard !self.contacts.isEmpty else {
            return "(no contacts yet — add one with `dnsmesh identity fetch USER@HOST --add`)"
        }
        let names = self.contacts.map { TerminalText.line($0.label) }
        let width = names.map(\.count).max() ?? 0
        return zip(names, self.contacts).map { name, contact in
            let padding = String(repeating: " ", count: width - name.count)
            let pin = contact.signingKey.isEmpty ? "UNPINNED" : "pinned"
            return "\(name)\(padding)  \(TerminalText.line(contact.encryptionKey))  (\(pin))"
        }.joined(separator: "\n")
    }

    var json: JSONValue { .array(self.contacts.map(\.json)) }
}

extension ContactEntry {
    var json: JSONValue {
        [
            "name": .text(self.label), "public_key": .text(self.encryptionKey),
            "signing_public_key": .text(self.signingKey), "domain": .text(self.domain),
            "remote_username": .text(self.remoteUsername), "pinned": .bool(!self.signingKey.isEmpty),
        ]
    }
}
