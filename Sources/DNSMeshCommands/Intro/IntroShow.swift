import ArgumentParser
import DNSMesh

extension IntroCommand {
    /// `dnsmesh intro show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a whole intro, and leave it where it is."
        )

        @Argument(help: "The intro's number, as `intro list` shows it.")
        var id: Int64

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let intro = try await self.clientOptions.withClient(.none) { try await $0.intros.intro(self.id) }
            guard let intro else { throw CommandFailure.unknownIntro(self.id) }
            try self.output.write(IntroView(intro: intro, now: CommandContext.current.now()))
        }
    }
}
