import ArgumentParser

/// Where the passphrase of a backup comes from: the option, then `DMP_BACKUP_PASSPHRASE`, then the terminal.
///
/// It is another one than the identity's, so that who finds a backup and knows one of them has nothing.
struct BackupPassphrase: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file that holds the backup's passphrase; wins over DMP_BACKUP_PASSPHRASE.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passphraseFile: String?

    private static let variable = "DMP_BACKUP_PASSPHRASE"

    /// The passphrase, at least one byte. A new one is asked for twice, as nothing else would notice a typo.
    func read(isNew: Bool, context: CommandContext) async throws -> SecretText {
        if let path = self.passphraseFile {
            guard let passphrase = try PassphraseFile(path: path, name: "--passphrase-file", context: context).read()
            else { throw CommandFailure.user("without it the backup can't be sealed or opened") }
            return passphrase
        }
        if let passphrase = context.variable(Self.variable) { return SecretText(copying: passphrase) }
        guard let terminal = context.terminal else {
            throw CommandFailure.user("no passphrase for the backup: set \(Self.variable), or pass --passphrase-file")
        }
        let passphrase = try await terminal.ask("Passphrase of the backup: ")
        guard !passphrase.isEmpty else { throw CommandFailure.user("the passphrase must not be empty") }
        if isNew, try await !terminal.ask("Repeat the passphrase: ").isSame(as: passphrase) {
            throw CommandFailure.user("the two passphrases differ; nothing was written, try again")
        }
        return passphrase
    }
}
