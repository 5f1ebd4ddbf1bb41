import ArgumentParser

/// `dnsmesh bootstrap`: from the domain of an address to the cluster that serves it.
struct BootstrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap",
        abstract: "Find the cluster that serves the users of a domain.",
        subcommands: [Pin.self, Fetch.self, Discover.self, Sign.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
