import ArgumentParser
import DMPProtocol
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts show`: needs no network.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a contact's keys, whether they were verified, and where it publishes."
        )

        @Argument(help: "The contact's name, as `contacts list` shows it.")
        var name: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (entry, contact) = try self.clientOptions.contact(named: self.name)
            let verified = try await self.clientOptions.verifiedNames(among: [entry])
            try self.output.write(
                ShownContact(
                    entry: entry,
                    contact: contact,
                    isVerified: verified?.contains(self.name),
                    places: try await self.clientOptions.storesIfAny()?.publishingPlaces(of: contact) ?? []
                )
            )
        }
    }
}

private struct ShownContact: CommandResult {
    let entry: ContactEntry
    let contact: Contact
    let isVerified: Bool?
    let places: [PublishingPlace]

    private var fingerprint: Fingerprint? { self.contact.fingerprint }

    var text: String {
        let fields = [
            ("name", self.entry.label), ("username", self.contact.username), ("domain", self.entry.domain),
            ("public_key", self.entry.encryptionKey), ("signing_public_key", self.entry.signingKey),
            ("fingerprint", self.fingerprint?.text ?? ""), ("pinned", self.contact.signingKey == nil ? "no" : "yes"),
            ("verified", self.isVerified.map { $0 ? "yes" : "no" } ?? "unknown without the passphrase"),
        ]
        let lines = fields.map { name, value in
            "\(name):".padded(to: 20) + (value.isEmpty ? "-" : TerminalText.line(value))
        }
        let seen = self.places.map { place in
            "seen publishing:".padded(to: 20)
                + "\(place.kind.rawValue) in \(place.zone) at \(ShownTime.text(place.seen))"
        }
        return (lines + seen).joined(separator: "\n")
    }

    var json: JSONValue {
        guard case .object(let members) = self.entry.json(isVerified: self.isVerified) else { return .null }
        return .object(
            members + [
                .init(key: "username", value: .text(self.contact.username)),
                .init(key: "fingerprint", value: .optional(self.fingerprint?.text)),
                .init(
                    key: "seen",
                    value: .array(
                        self.places.map { place in
                            [
                                "zone": .text(place.zone.text), "kind": .text(place.kind.rawValue),
                                "ts": .number(Int64(clamping: place.seen.rawValue)),
                            ]
                        }
                    )
                ),
            ]
        )
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}
