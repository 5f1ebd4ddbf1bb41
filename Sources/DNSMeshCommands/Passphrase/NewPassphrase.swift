/// Finds the passphrase that is to take the place of the present one: the file, then the environment, then the person at
/// the terminal, who types it twice.
///
/// Source: protocol documents, "Command line", section 5.6.
struct NewPassphrase {
    static let variable = "DMP_NEW_PASSPHRASE"

    /// The file that the user named.
    let path: String?
    let context: CommandContext

    /// The passphrase as UTF-8, never empty and never normalised.
    func read() async throws -> SecretText {
        if let path {
            guard let passphrase = try PassphraseFile(path: path, context: self.context).read() else {
                throw CommandFailure.user("no new passphrase: write it into \(path) first")
            }
            return passphrase
        }
        if let passphrase = self.context.variable(Self.variable) { return SecretText(copying: passphrase) }
        guard let terminal = self.context.terminal else {
            throw CommandFailure.user("no new passphrase: use --new-passphrase-file, or set \(Self.variable)")
        }
        let passphrase = try await terminal.ask("New passphrase: ")
        guard !passphrase.isEmpty else { throw CommandFailure.user("the passphrase must not be empty") }
        guard try await terminal.ask("Repeat the new passphrase: ").isSame(as: passphrase) else {
            throw CommandFailure.user("the two passphrases differ; nothing was published, try again")
        }
        return passphrase
    }
}
