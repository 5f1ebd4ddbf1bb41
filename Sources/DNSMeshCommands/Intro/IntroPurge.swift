import ArgumentParser
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro purge`.
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "purge",
            abstract: "Remove the intros whose message has expired.",
            discussion: "They are gone for good."
        )

        @Flag(help: "Remove the fresh ones too.")
        var all = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let now = CommandContext.current.now()
            let count = try await self.clientOptions.withClient(.none) { client in
                try await client.intros.purge(all: self.all, now: now)
            }
            try self.output.write(PurgedIntros(count: count))
        }
    }
}

private struct PurgedIntros: CommandResult {
    let count: Int

    var text: String { "removed \(self.count) intro(s)" }
    var json: JSONValue { ["removed": .number(Int64(self.count))] }
}
