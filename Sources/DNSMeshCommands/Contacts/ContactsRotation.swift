import ArgumentParser
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts rotation`: the switch `rotation_chain_enabled`.
    struct Rotation: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotation",
            abstract: "Follow the key rotations of contacts, or not.",
            discussion: """
                While it is on, a contact's signed rotation is followed and a revoked key is refused. It is on unless \
                you turn it off, for one contact or for all.
                """
        )

        /// What can be asked for.
        enum Setting: String, ExpressibleByArgument, CaseIterable {
            case on, off, show
        }

        @Argument(help: "on, off, or show.")
        var setting: Setting = .show

        @Option(help: ArgumentHelp("Only for this contact.", valueName: "name"))
        var contact: String?

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            if let name = self.contact, try !file.load().contacts.contains(where: { $0.label == name }) {
                throw CommandFailure.user("unknown contact `\(name)`; see `dnsmesh contacts list`")
            }
            let (home, context) = (self.clientOptions.home, CommandContext.current)
            try home.prepare(console: context.console)
            let (logger, now) = (context.logger, context.now())
            let stores = try await BlockingWork.run { try MeshStores.directory(home.folder, now: now, logger: logger) }
            if self.setting != .show { try await stores.setFollowsRotations(self.setting == .on, of: self.contact) }
            let isOn = try await stores.followsRotations(of: self.contact)
            try self.output.write(RotationChainSetting(contact: self.contact, isOn: isOn))
        }
    }
}

private struct RotationChainSetting: CommandResult {
    let contact: String?
    let isOn: Bool

    var text: String {
        let subject = self.contact.map { " for \(TerminalText.line($0))" } ?? ""
        return "rotation_chain_enabled\(subject): \(self.isOn ? "on" : "off")"
    }

    var json: JSONValue {
        ["contact": .optional(self.contact), "rotation_chain_enabled": .bool(self.isOn)]
    }
}
