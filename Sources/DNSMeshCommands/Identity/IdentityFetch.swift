import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport

extension IdentityCommand {
    /// `dnsmesh identity fetch`: needs no passphrase.
    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fetch",
            abstract: "Find somebody's identity, and pin it with --add."
        )

        @Argument(help: ArgumentHelp("A user name in the mesh domain, or an address user@host.", valueName: "user"))
        var person: String

        @Option(help: "The zone in which a plain user name is looked up.", transform: ArgumentReading.zone)
        var domain: ZoneName?

        @Flag(help: "Look it up in the cluster that the bootstrap record of the address's host names.")
        var viaBootstrap = false

        @Flag(help: "Keep the identity as a contact.")
        var add = false

        @Option(
            help: ArgumentHelp(
                "Accept only this identity: the 16 digits that its owner gave you.",
                valueName: "fingerprint"
            ),
            transform: ArgumentReading.fingerprint
        )
        var acceptFingerprint: Fingerprint?

        @Flag(help: "With --add: replace the keys of a contact that has others.")
        var replace = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard self.add || !self.replace else { throw ValidationError("--replace goes with --add.") }
        }

        func run() async throws {
            let context = CommandContext.current
            let (person, zone, identity) = try await self.withReader { reader, settings in
                let zone = try settings.zone()
                let person = try SoughtPerson(self.person, domain: self.domain, ownZone: zone)
                let timeout = try settings.mesh(allowsTOFU: false).operationTimeout
                let identity = try await DMPClient.fetchIdentity(
                    person.query,
                    accepting: self.acceptFingerprint,
                    reader: reader,
                    deadline: context.clock.now.advanced(by: timeout),
                    now: context.now()
                )
                return (person, zone, identity)
            }
            try self.output.write(FoundIdentity(identity: identity))
            guard self.add else { return }
            try await self.pin(identity, of: person, ownZone: zone)
        }

        private func withReader<Value: Sendable>(
            _ body: (any RecordReader, ClientSettings) async throws -> Value
        ) async throws -> Value {
            guard self.viaBootstrap else { return try await self.clientOptions.withReader(body) }
            return try await self.withDiscoveredCluster(body)
        }

        private func pin(_ identity: FetchedIdentity, of person: SoughtPerson, ownZone: ZoneName) async throws {
            let store = ConfiguredContactStore(file: self.clientOptions.configurationFile)
            let book = ContactBook(store: store, ownZone: ownZone)
            let name = person.contactName(for: identity)
            let line: String
            do {
                line = try await book.add(
                    identity,
                    as: name,
                    zone: person.contactZone,
                    replacing: self.replace
                ).line
            } catch let error as MeshError where error.code == .contactExists {
                throw CommandFailure.network(error.message)
            }
            let console = CommandContext.current.console
            if self.output.isJSON { console.note(line) } else { try console.result(TerminalText.line(line)) }
        }
    }
}

/// Whom `identity fetch` looks for. Source: protocol documents, "Command line", section 5.5.
struct SoughtPerson: Hashable {
    let query: IdentityQuery
    /// The zone that the contact gets: that of the address, or the one that was given.
    let contactZone: ZoneName?

    init(_ text: String, domain: ZoneName?, ownZone: ZoneName) throws(CommandFailure) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0).trimmingSpaces
        }
        do throws(NameError) {
            if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
                let host = try ZoneName(String(parts[1].reversed().drop { $0 == "." }.reversed()))
                self.query = .address(username: try Username(parts[0]), host: host)
                self.contactZone = host
            } else {
                self.query = .name(username: try Username(text), zone: domain ?? ownZone)
                self.contactZone = domain
            }
        } catch {
            throw .user("\(text): \(error); give a user name, or an address user@host")
        }
    }

    /// The label of a new contact: the address, or the user name of the record.
    func contactName(for identity: FetchedIdentity) -> String {
        switch self.query {
        case .address: "\(identity.record.username)@\(identity.host)"
        case .name: identity.record.username
        }
    }
}

private struct FoundIdentity: CommandResult {
    let identity: FetchedIdentity

    private var record: IdentityRecord { self.identity.record }
    private var address: String { "\(self.record.username)@\(self.identity.host)" }

    var text: String {
        """
        address:            \(TerminalText.line(self.address))
        username:           \(TerminalText.line(self.record.username))
        public_key:         \(self.record.encryptionKey.hex)
        signing_public_key: \(self.record.signingKey.hex)
        published at:       \(self.record.issued.rawValue)
        fingerprint:        \(self.record.fingerprint)
        """
    }

    var json: JSONValue {
        [
            "username": .text(self.record.username), "address": .text(self.address),
            "public_key": .text(self.record.encryptionKey.hex), "signing_public_key": .text(self.record.signingKey.hex),
            "ts": .number(Int64(clamping: self.record.issued.rawValue)), "dns_name": .text(self.identity.owner.text),
            "fingerprint": .text(self.record.fingerprint.text),
        ]
    }
}

extension ContactAddition {
    fileprivate var line: String {
        switch self {
        case .added(let contact): "added contact \(contact.name) (pinned signing key)"
        case .completed(let contact):
            "upgraded contact `\(contact.name)` (filled in X25519 pubkey for \(contact.username))"
        case .replaced(let contact, let old):
            "replaced the keys of contact \(contact.name): fingerprint \(old?.text ?? "unknown") → "
                + "\(contact.fingerprint?.text ?? "unknown")"
        case .alreadyThere(let contact): "(contact `\(contact.name)` already exists — not overwriting)"
        }
    }
}

extension AmbiguousIdentity {
    /// What the user needs to choose, line by line.
    var explanation: String {
        let lines = self.candidates.map { candidate in
            let keys = (candidate.encryptionKey.hex.prefix(16), candidate.signingKey.hex.prefix(16))
            return "  fingerprint=\(candidate.fingerprint)  x25519=\(keys.0)...  ed25519=\(keys.1)...  "
                + "ts=\(candidate.issued.rawValue)"
        }
        return
            (["ambiguous: \(self.candidates.count) valid identity records at \(self.owner)"] + lines
            + ["verify out-of-band and rerun with --accept-fingerprint=<16-hex>"]).joined(separator: "\n")
    }
}
