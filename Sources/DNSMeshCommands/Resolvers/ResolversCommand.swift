import ArgumentParser

/// `dnsmesh resolvers`: the DNS servers that are read from.
struct ResolversCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolvers",
        abstract: "List the DNS servers to read from, and find such as work here.",
        subcommands: [Discover.self, List.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
