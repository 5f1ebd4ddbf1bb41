import ArgumentParser

/// `dnsmesh cluster`: several nodes that hold the same records, under the key of one operator.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Use a cluster of nodes in place of a single one.",
        discussion: """
            First `pin` the operator's key, then `fetch` to see that its manifest can be read, then `enable` to cut over.
            """,
        subcommands: [Pin.self, Fetch.self, Enable.self, Disable.self, Status.self, Sign.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
