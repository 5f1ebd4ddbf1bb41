import ArgumentParser
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts rename`.
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rename",
            abstract: "Give a contact another name.",
            discussion: "Its keys, and whether they were verified, stay as they are."
        )

        @Argument(help: "The contact's name, as `contacts list` shows it.")
        var name: String

        @Argument(help: "The new name.", transform: ArgumentReading.contactName)
        var newName: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (name, newName) = (self.name, self.newName)
            _ = try await self.clientOptions.configurationFile.update { configuration in
                guard let index = configuration.contacts.firstIndex(where: { $0.label == name }) else {
                    throw CommandFailure.unknownContact(name)
                }
                guard name == newName || !configuration.contacts.contains(where: { $0.label == newName }) else {
                    throw CommandFailure.user("there is a contact `\(newName)` already; remove or rename it first")
                }
                // The user name was read off the label; it must not change with it.
                if let username = configuration.contacts[index].contact?.username, !username.isEmpty {
                    configuration.contacts[index].remoteUsername = username
                }
                configuration.contacts[index].label = newName
            }
            try await self.clientOptions.storesIfAny()?.contactWasRenamed(from: name, to: newName)
            try self.output.write(RenamedContact(name: name, newName: newName))
        }
    }
}

private struct RenamedContact: CommandResult {
    let name: String
    let newName: String

    var text: String { "renamed contact \(TerminalText.line(self.name)) to \(TerminalText.line(self.newName))" }
    var json: JSONValue { ["renamed": .text(self.name), "name": .text(self.newName)] }
}
