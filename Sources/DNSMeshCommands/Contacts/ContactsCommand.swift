import ArgumentParser

/// `dnsmesh contacts`: the people whose keys you have accepted.
struct ContactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Add, verify, list and remove contacts.",
        subcommands: [
            Add.self, List.self, Show.self, Verify.self, Rename.self, Remove.self, Export.self, Import.self,
            Rotation.self,
        ]
    )

    func run() throws { throw ValidationError.missingCommand }
}
