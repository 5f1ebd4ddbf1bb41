import ArgumentParser
import DMPCrypto
import DMPNetwork
import DNSMesh
import Foundation

extension DNSMeshCommand {
    /// Runs the command line of this process, and ends the process with its exit code.
    public static func main() async {
        Process.prepare()
        let code = await self.execute(Array(CommandLine.arguments.dropFirst()), in: .process)
        Foundation.exit(code.rawValue)
    }

    /// Parses and runs one command line. No error leaves it: each becomes a line on standard error and an exit code.
    static func execute(_ arguments: [String], in context: CommandContext) async -> ExitCode {
        await CommandContext.$current.withValue(context) {
            do {
                var command = try await self.asyncParseAsRoot(arguments)
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                return .success
            } catch {
                return self.report(error, to: context.console)
            }
        }
    }

    private static func report(_ error: any Error, to console: Console) -> ExitCode {
        switch error {
        case let failure as CommandFailure:
            if !failure.message.isEmpty { console.message(failure.message) }
            return failure.exitCode
        case let error as MeshError:
            if let ambiguous = error.underlying as? AmbiguousIdentity {
                console.note(ambiguous.explanation)
            } else {
                console.message(error.message)
            }
            return error.code.isNetworkFailure ? .networkError : .userError
        case let failure as NetworkFailure:
            console.message(failure.message)
            let isSetting = failure.code == .insecureCredential || failure.code == .invalidConfiguration
            return isSetting ? .userError : .networkError
        case is CancellationError: return .interrupted
        case let code as ExitCode: return code
        default: return self.reportUsage(error, to: console)
        }
    }

    /// Requests for help and version are results; what is left is a wrong command line, or an error of the system.
    private static func reportUsage(_ error: any Error, to console: Console) -> ExitCode {
        let code = self.exitCode(for: error)
        if code == .success {
            do throws(CommandFailure) {
                try console.result(self.fullMessage(for: error))
                return .success
            } catch {
                return error.exitCode
            }
        }
        if code == .validationFailure {
            console.note(self.fullMessage(for: error))
        } else {
            console.message(FileReason.of(error))
        }
        return .userError
    }

    /// Usage errors start with the name of the program, as all our messages do.
    public static var _errorLabel: String { "dnsmesh" }
}

extension Process {
    /// Files are for their owner alone from their first byte, a crash leaves no image of the memory, and a reader that goes
    /// away is an error, not a death.
    fileprivate static func prepare() {
        umask(0o077)
        CoreDump.forbid()
        self.hideCrashes()
        signal(SIGPIPE, SIG_IGN)
        self.occupyStandardStreams()
    }

    /// What Swift prints of a crash, registers among it, may hold parts of keys: only whoever asks for it gets it.
    private static func hideCrashes() {
        guard ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] == nil else { return }
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }

    /// The number of a standard stream that is closed would go to the next socket or file, and what we print with it.
    private static func occupyStandardStreams() {
        // Open for reading alone, so that printing to it fails instead of being lost.
        guard let null = FileHandle(forReadingAtPath: "/dev/null") else { return }
        let spare = fcntl(null.fileDescriptor, F_DUPFD, STDERR_FILENO + 1)
        do { try null.close() } catch {}
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
            _ = dup2(spare, stream)
        }
        close(spare)
    }
}
