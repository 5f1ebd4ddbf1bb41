import ArgumentParser

/// `dnsmesh contacts`: the people whose keys you have accepted.
struct ContactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Add, list and remove contacts.",
        subcommands: [Add.self, List.self, Remove.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
