import ArgumentParser
import DMPCrypto
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro unblock`.
    struct Unblock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unblock",
            abstract: "Accept intros of a sender again."
        )

        @Argument(help: "The sender's Ed25519 key, as `intro blocked` shows it.")
        var key: String

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key: Ed25519.PublicKey
            do { key = try Ed25519.PublicKey(hex: self.key) } catch {
                throw CommandFailure.user("a key has 64 hexadecimal digits; see `dnsmesh intro blocked`")
            }
            guard try await self.clientOptions.withClient(.none, { try await $0.intros.unblock(key) }) else {
                throw CommandFailure.user("this key isn't blocked; see `dnsmesh intro blocked`")
            }
            try self.output.write(UnblockedSender(key: key))
        }
    }
}

private struct UnblockedSender: CommandResult {
    let key: Ed25519.PublicKey

    var text: String { "unblocked \(self.key.hex)" }
    var json: JSONValue { ["unblocked": .text(self.key.hex)] }
}
