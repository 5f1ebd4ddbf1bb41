import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

extension ContactsCommand {
    /// `dnsmesh contacts import`: needs neither the passphrase nor the network.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Add a contact from a card.",
            discussion: """
                A card proves nothing about who wrote it: compare its fingerprint with the contact, or run \
                `dnsmesh contacts verify` afterwards. The keys of a contact that is there are never changed without \
                --replace.
                """
        )

        @Argument(help: "The file of the card; - reads it from standard input.")
        var file: String

        @Option(help: "Your name for the contact. Default: that of the card.", transform: ArgumentReading.contactName)
        var name: String?

        @Flag(help: "Replace the keys of a contact of that name.")
        var replace = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let card = try ContactCard(reading: try self.readCard())
            let name = self.name ?? card.name
            let replaces = self.replace
            let before = try self.clientOptions.configurationFile.load().contacts
            _ = try await self.clientOptions.configurationFile.update { configuration in
                try card.apply(to: &configuration.contacts, as: name, replacing: replaces)
            }
            let old = before.first { $0.label == name }
            let change: ImportedContact.Change =
                switch old?.contact?.fingerprint {
                case card.fingerprint?: .none
                case let fingerprint?: .replaced(fingerprint)
                case nil: .added
                }
            try self.output.write(ImportedContact(name: name, fingerprint: card.fingerprint, change: change))
        }

        private func readCard() throws -> [UInt8] {
            let context = CommandContext.current
            if self.file == "-" { return try context.readInput() }
            let url = context.file(at: self.file)
            do {
                let handle = try FileHandle(forReadingFrom: url)
                defer { do { try handle.close() } catch {} }
                return [UInt8](try handle.read(upToCount: ContactCard.byteLimit + 1) ?? Data())
            } catch {
                throw CommandFailure.user("can't read \(url.path): \(FileReason.of(error))")
            }
        }
    }
}

extension ContactCard {
    /// Adds the contact. One of that name keeps its keys, unless `replacing`.
    func apply(to contacts: inout [ContactEntry], as name: String, replacing: Bool) throws(CommandFailure) {
        let index = contacts.firstIndex { $0.label == name }
        var entry = index.map { contacts[$0] } ?? ContactEntry(label: name)
        let isSame =
            entry.encryptionKey.lowercased() == self.encryptionKey.hex
            && entry.signingKey.lowercased() == self.signingKey.hex
        if index != nil, isSame { return }
        guard index == nil || replacing else {
            let known = entry.contact?.fingerprint?.text ?? "unknown"
            throw .user(
                "contact `\(name)` has other keys (fingerprint \(known), the card's is \(self.fingerprint)); compare with "
                    + "its owner, then use --replace, or --name for another contact"
            )
        }
        entry.encryptionKey = self.encryptionKey.hex
        entry.signingKey = self.signingKey.hex
        if !self.username.isEmpty { entry.remoteUsername = self.username }
        if !self.domain.isEmpty { entry.domain = self.domain }
        if let index { contacts[index] = entry } else { contacts.append(entry) }
    }
}

private struct ImportedContact: CommandResult {
    enum Change {
        case added
        case replaced(Fingerprint)
        case none
    }

    let name: String
    let fingerprint: Fingerprint
    let change: Change

    var text: String {
        let name = TerminalText.line(self.name)
        switch self.change {
        case .added: return "added contact \(name) (pinned signing key)\nfingerprint: \(self.fingerprint)"
        case .replaced(let old):
            return "replaced the keys of contact \(name)\nfingerprint: \(old) → \(self.fingerprint)"
        case .none: return "(contact `\(name)` already exists with these keys)"
        }
    }

    var json: JSONValue {
        let (word, old): (String, String?) =
            switch self.change {
            case .added: ("added", nil)
            case .replaced(let fingerprint): ("replaced", fingerprint.text)
            case .none: ("unchanged", nil)
            }
        return [
            "name": .text(self.name), "change": .text(word), "fingerprint": .text(self.fingerprint.text),
            "old_fingerprint": .optional(old),
        ]
    }
}
