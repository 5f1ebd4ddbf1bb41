import ArgumentParser

/// Why a command ends without success: one line for the user, with the next step, and the exit code.
struct CommandFailure: Error, Hashable {
    let exitCode: ExitCode
    /// Without the name of the program. Lines beyond the first are details.
    let message: String

    /// The user or the configuration is at fault.
    static func user(_ message: String) -> CommandFailure {
        CommandFailure(exitCode: .userError, message: message)
    }

    /// The network or a node is at fault.
    static func network(_ message: String) -> CommandFailure {
        CommandFailure(exitCode: .networkError, message: message)
    }

    /// Nobody reads our output any more: the command ends without a word.
    static let closedOutput = CommandFailure(exitCode: .outputClosed, message: "")

    private init(exitCode: ExitCode, message: String) {
        self.exitCode = exitCode
        self.message = message
    }
}
