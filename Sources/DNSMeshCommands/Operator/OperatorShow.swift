import ArgumentParser
import DMPCrypto
import DMPProtocol

extension OperatorCommand {
    /// `dnsmesh operator show`: the public half of a seed file.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print the public half of an operator's key, which users pin."
        )

        @Argument(help: "The seed file.", completion: .file())
        var file: String

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let key = try await OperatorKeyFile(path: self.file, context: .current).read()
            try self.output.write(ShownOperatorKey(path: self.file, publicKey: key.publicKey.hex))
        }
    }
}
