import ArgumentParser

/// `dnsmesh identity`: your own keys, and finding those of others.
struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Show, publish and find identities.",
        subcommands: [Show.self, Publish.self, RefreshPrekeys.self, Fetch.self, Rotate.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
