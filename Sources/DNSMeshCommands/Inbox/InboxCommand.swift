import ArgumentParser

/// `dnsmesh inbox`: the messages that were received.
struct InboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "List and show received messages.",
        subcommands: [List.self, Show.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
