import ArgumentParser
import DNSMesh

extension InboxCommand {
    /// `dnsmesh inbox show`: needs the passphrase, but not the network.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one received message.")

        @Argument(help: "The message's number, as `inbox list` shows it.")
        var id: Int64

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let message = try await self.clientOptions.withClient(.none) { try await $0.inbox.message(self.id) }
            guard let message else {
                throw CommandFailure.user("no message with the number \(self.id); see `dnsmesh inbox list`")
            }
            try self.output.write(MessageView(message: message))
        }
    }
}
