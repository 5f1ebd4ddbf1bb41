import ArgumentParser
import DMPCrypto
import DMPProtocol

extension OperatorCommand {
    /// `dnsmesh operator keygen`: makes a new seed file.
    struct Keygen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keygen",
            abstract: "Make an operator's key, and print its public half.",
            discussion: """
                The file holds the seed of an Ed25519 key: 64 hexadecimal digits, readable by you alone. Who has it \
                decides where your users' messages go: keep it off the nodes, and keep a copy. A file that exists is \
                never overwritten.
                """
        )

        @Argument(help: "The file to make.", completion: .file())
        var file: String

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let context = CommandContext.current
            let key = OperatorKey.random()
            let file = OperatorKeyFile(path: self.file, context: context)
            try await file.create(key)
            context.console.message("wrote the operator's seed to \(self.file); keep a copy in a safe place")
            try self.output.write(ShownOperatorKey(path: self.file, publicKey: key.publicKey.hex))
        }
    }
}
