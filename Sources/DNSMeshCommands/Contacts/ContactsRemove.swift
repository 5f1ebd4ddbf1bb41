import ArgumentParser
import DNSMesh

extension ContactsCommand {
    /// `dnsmesh contacts remove`.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a contact.")

        @Argument(help: "The contact's name, as `contacts list` shows it.")
        var name: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let name = self.name
            _ = try await self.clientOptions.configurationFile.update { configuration in
                guard configuration.contacts.contains(where: { $0.label == name }) else {
                    throw CommandFailure.unknownContact(name)
                }
                configuration.contacts.removeAll { $0.label == name }
            }
            try await self.clientOptions.storesIfAny()?.contactWasRemoved(name)
            try self.output.write(RemovedContact(name: name))
        }
    }
}

private struct RemovedContact: CommandResult {
    let name: String

    var text: String { "removed contact \(TerminalText.line(self.name))" }
    var json: JSONValue { ["removed": .text(self.name)] }
}
