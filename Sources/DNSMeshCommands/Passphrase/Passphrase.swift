/// Finds the passphrase: the environment, then the file, then the person at the terminal.
///
/// Source: protocol documents, "Command line", section 3.1.
struct Passphrase {
    let configuration: Configuration
    /// Named in the message that says how to provide one.
    let configurationPath: String
    let context: CommandContext

    /// The passphrase as UTF-8, never empty and never normalised.
    func read() async throws -> SecretText {
        if let passphrase = self.context.variable("DMP_PASSPHRASE") { return SecretText(copying: passphrase) }
        if let path = self.configuration.passphraseFile, !path.isEmpty {
            let file = PassphraseFile(path: path, context: self.context)
            if let passphrase = try file.read() { return passphrase }
        }
        guard let terminal = self.context.terminal else {
            throw CommandFailure.user(
                "no passphrase: set DMP_PASSPHRASE, or passphrase_file in \(self.configurationPath)"
            )
        }
        return try await self.ask(on: terminal)
    }

    private func ask(on terminal: any SecretPrompt) async throws -> SecretText {
        let owner = self.configuration.username.isEmpty ? "identity" : TerminalText.line(self.configuration.username)
        let passphrase = try await terminal.ask("Passphrase for \(owner): ")
        guard !passphrase.isEmpty else { throw CommandFailure.user("the passphrase must not be empty") }
        // Nothing can tell a typo from a passphrase until the first key has been derived.
        if self.configuration.verifyKey.isEmpty {
            guard try await terminal.ask("Repeat the passphrase: ").isSame(as: passphrase) else {
                throw CommandFailure.user("the two passphrases differ; nothing was derived, try again")
            }
        }
        return passphrase
    }
}
