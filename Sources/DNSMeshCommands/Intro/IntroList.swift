import ArgumentParser
import DMPProtocol
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the waiting intros, newest first."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let intros = try await self.clientOptions.withClient(.none) { try await $0.intros.list() }
            try self.output.write(IntroTable(intros: intros, now: CommandContext.current.now()))
        }
    }
}

private struct IntroTable: CommandResult {
    let intros: [Intro]
    let now: UnixSeconds

    var text: String {
        if self.intros.isEmpty { return "(no pending intros)" }
        return self.intros.map { IntroView(intro: $0, now: self.now, isShort: true).text }.joined(separator: "\n")
    }

    var json: JSONValue { .array(self.intros.map { IntroView(intro: $0, now: self.now).json }) }
}
