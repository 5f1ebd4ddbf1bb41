import ArgumentParser

/// `dnsmesh operator`: the keys of those who run clusters and domains.
struct OperatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator",
        abstract: "Make and show the key that signs manifests and bootstrap records.",
        subcommands: [Keygen.self, Show.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}

/// An operator's key and the file it lies in.
struct ShownOperatorKey: CommandResult {
    let path: String
    let publicKey: String

    var text: String { self.publicKey }

    var json: JSONValue { ["file": .text(self.path), "public_key": .text(self.publicKey)] }
}
