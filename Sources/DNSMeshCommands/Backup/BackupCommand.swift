import ArgumentParser

/// `dnsmesh backup`: the whole folder of an identity in one sealed file.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Save your identity, contacts and messages in one sealed file, and restore them.",
        subcommands: [Create.self, Restore.self]
    )

    func run() throws { throw ValidationError.missingCommand }
}
