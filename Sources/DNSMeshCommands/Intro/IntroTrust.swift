import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro trust`.
    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "trust",
            abstract: "Make an intro's sender a contact, and move the intro into the inbox.",
            discussion: """
                The contact is pinned by its signing key alone. Before you can write to it, find its encryption key with \
                `dnsmesh identity fetch USER@HOST --add`.
                """
        )

        @Argument(help: "The intro's number, as `intro list` shows it.")
        var id: Int64

        @Option(
            help: "Your name for the contact. Default: its user name or verified address.",
            transform: ArgumentReading.contactName
        )
        var label: String?

        @Option(help: "The contact's own user name, if you know it.")
        var username: String?

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await self.clientOptions.withClient(.none) { client in
                guard let intro = try await client.intros.intro(self.id) else {
                    throw CommandFailure.unknownIntro(self.id)
                }
                let pinning = IntroPinning(intro: intro, label: self.label, username: self.username)
                let configuration = try await self.clientOptions.configurationFile.update { configuration in
                    try pinning.apply(to: &configuration.contacts)
                }
                let contact = configuration.contacts.first { $0.label == pinning.label }?.contact
                guard let contact, let message = try await client.intros.accept(self.id, from: contact) else {
                    throw CommandFailure.unknownIntro(self.id)
                }
                try self.output.write(
                    HandledIntro(
                        id: self.id,
                        message: message,
                        headline: "trusted intro #\(self.id) as `\(pinning.label)`",
                        advice: contact.encryptionKey == nil
                            ? "pinned signing key only; to reply, run `dnsmesh identity fetch USER@HOST --add`"
                            : "pinned; compare its keys with `dnsmesh contacts verify`"
                    )
                )
                try await client.inbox.acknowledge([message])
            }
        }
    }
}

/// What `intro trust` does to the entries that the file holds.
struct IntroPinning: Sendable {
    let label: String
    private let username: String
    private let key: Ed25519.PublicKey
    private let zone: String

    init(intro: Intro, label: String?, username: String?) {
        let verified = intro.verifiedAddress.map { String($0.prefix { $0 != "@" }) }
        self.label = label ?? username ?? intro.senderName
        self.username = username ?? verified ?? ""
        self.key = intro.senderKey
        self.zone = intro.zone
    }

    /// An entry of that name must be of the same key and zone; it keeps its encryption key.
    func apply(to contacts: inout [ContactEntry]) throws(CommandFailure) {
        let index = contacts.firstIndex { $0.label == self.label }
        var entry = index.map { contacts[$0] } ?? ContactEntry(label: self.label)
        let isOther =
            index != nil
            && (entry.signingKey.lowercased() != self.key.hex || !entry.domain.isEmpty && entry.domain != self.zone)
        guard !isOther else {
            throw .user(
                "contact `\(self.label)` has another key or zone; give another name with --label, or remove that contact"
            )
        }
        entry.signingKey = self.key.hex
        entry.domain = self.zone
        if entry.remoteUsername.isEmpty { entry.remoteUsername = self.username }
        if let index { contacts[index] = entry } else { contacts.append(entry) }
    }
}
