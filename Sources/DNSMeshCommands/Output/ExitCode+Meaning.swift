import ArgumentParser

extension ExitCode {
    /// The user, the command line or the configuration is at fault: another try of the same will fail too.
    static let userError = ExitCode(1)
    /// The network or a node is at fault.
    static let networkError = ExitCode(2)
    /// Ctrl-C, as shells count it.
    static let interrupted = ExitCode(130)
    /// Whoever read our output has gone, as shells count it.
    static let outputClosed = ExitCode(141)
}
