import ArgumentParser
import DMPCrypto
import DMPProtocol

extension ContactsCommand {
    /// `dnsmesh contacts add`: pins keys that were got by another way.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Add a contact by its keys.",
            discussion: "`dnsmesh identity fetch USER@HOST --add` finds both keys by itself."
        )

        @Argument(help: "Your name for the contact.", transform: ArgumentReading.contactName)
        var name: String

        @Argument(help: "The contact's X25519 key: 64 hexadecimal digits.")
        var x25519Hex: String

        @Option(help: ArgumentHelp("The contact's Ed25519 key: 64 hexadecimal digits.", valueName: "ed25519-hex"))
        var signingKey: String?

        @Option(help: "The zone in which the contact publishes.", transform: ArgumentReading.zone)
        var domain: ZoneName?

        @Flag(help: "Replace the keys of a contact of that name.")
        var force = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let addition = ContactPinning(
                name: self.name,
                encryptionKey: try self.encryptionKey,
                signingKey: try self.checkedSigningKey,
                domain: self.domain,
                replaces: self.force
            )
            let configuration = try await self.clientOptions.configurationFile.update { configuration in
                configuration.contacts = try addition.applied(to: configuration.contacts)
            }
            guard let entry = configuration.contacts.first(where: { $0.label == self.name }) else { return }
            if entry.signingKey.isEmpty { self.warn(allowsTOFU: configuration.allowTOFU) }
            guard self.output.isJSON || !entry.signingKey.isEmpty else { return }
            try self.output.write(AddedContact(entry: entry))
        }

        private var encryptionKey: X25519.PublicKey {
            get throws {
                do { return try X25519.PublicKey(hex: self.x25519Hex) } catch {
                    throw CommandFailure.user("public key must be 32 bytes (64 hex characters)")
                }
            }
        }

        private var checkedSigningKey: Ed25519.PublicKey? {
            get throws {
                do { return try self.signingKey.map { try Ed25519.PublicKey(hex: $0) } } catch {
                    throw CommandFailure.user(
                        "signing key must be 32 bytes (64 hex characters)"
                    )
                }
            }
        }

        private func warn(allowsTOFU: Bool) {
            let console = CommandContext.current.console
            let consequence =
                allowsTOFU
                ? "while no contact is pinned, messages of anybody are delivered, as allow_tofu is on"
                : "messages that claim to be from \(self.name) wait in `dnsmesh intro list`"
            console.note("added contact \(self.name)")
            console.note("  WARNING: no signing key is pinned: \(consequence).")
            console.note("  Pin it with --signing-key, or with `dnsmesh identity fetch USER@HOST --add`.")
        }
    }
}

/// What `contacts add` does to the entries that the file holds.
struct ContactPinning: Sendable {
    let name: String
    let encryptionKey: X25519.PublicKey
    let signingKey: Ed25519.PublicKey?
    let domain: ZoneName?
    let replaces: Bool

    /// An entry of that name keeps its domain, user name and unknown fields; other keys need ``replaces``.
    func applied(to contacts: [ContactEntry]) throws(CommandFailure) -> [ContactEntry] {
        var contacts = contacts
        let index = contacts.firstIndex { $0.label == self.name }
        var entry = index.map { contacts[$0] } ?? ContactEntry(label: self.name)
        guard self.replaces || !self.contradicts(entry) else {
            throw .user(
                "contact \(self.name) has other keys; compare them with `dnsmesh contacts list`, then use --force to "
                    + "replace them"
            )
        }
        entry.encryptionKey = self.encryptionKey.hex
        if let signingKey { entry.signingKey = signingKey.hex } else if self.replaces { entry.signingKey = "" }
        if let domain { entry.domain = domain.text }
        // Without it the Python client takes the whole label for the user name and finds no prekeys.
        if entry.remoteUsername.isEmpty, let at = self.name.firstIndex(of: "@") {
            entry.remoteUsername = String(self.name[..<at])
        }
        if let index { contacts[index] = entry } else { contacts.append(entry) }
        return contacts
    }

    private func contradicts(_ entry: ContactEntry) -> Bool {
        let hasOtherKey = !entry.encryptionKey.isEmpty && entry.encryptionKey.lowercased() != self.encryptionKey.hex
        let hasOtherSigner =
            !entry.signingKey.isEmpty && self.signingKey.map { entry.signingKey.lowercased() != $0.hex } == true
        return hasOtherKey || hasOtherSigner
    }
}

private struct AddedContact: CommandResult {
    let entry: ContactEntry

    var text: String { "added contact \(TerminalText.line(self.entry.label)) (pinned signing key)" }
    var json: JSONValue { self.entry.json }
}
