import DMPProtocol
import DNSMesh
import DNSTransport
import Foundation

/// The surroundings of a command: what it reads and writes beside its arguments. Tests bring their own.
struct CommandContext: Sendable {
    var environment: [String: String]
    var console: Console
    /// Asks the person at the terminal, if there is one.
    var terminal: (any SecretPrompt)?
    /// Reads standard input to its end.
    var readInput: @Sendable () throws -> [UInt8]
    /// Where relative paths start.
    var workingDirectory: URL
    var clock: ErasedClock
    var now: @Sendable () -> UnixSeconds

    /// The context of the command that runs in this task.
    @TaskLocal static var current = CommandContext.process

    /// The surroundings of this process.
    static var process: CommandContext {
        CommandContext(
            environment: ProcessInfo.processInfo.environment,
            console: .standard,
            terminal: TerminalPrompt.standard,
            readInput: Self.readStandardInput,
            workingDirectory: URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true),
            clock: .continuous,
            now: { .systemTime() }
        )
    }

    /// Far more than any message holds.
    private static let inputByteLimit = 1 << 20

    private static func readStandardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try FileHandle.standardInput.read(upToCount: 65_536), !part.isEmpty {
            bytes += part
            guard bytes.count <= Self.inputByteLimit else {
                throw CommandFailure.user("standard input holds more than \(Self.inputByteLimit) bytes; send less")
            }
        }
        return bytes
    }

    /// A variable of the environment; an empty one counts as unset.
    func variable(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The user's home folder.
    var userHome: URL {
        self.variable("HOME").map { URL(fileURLWithPath: $0, isDirectory: true) }
            ?? FileManager.default.homeDirectoryForCurrentUser
    }

    /// The file of a path that a user wrote: `~` stands for the home folder, relative paths start at the working folder.
    func file(at path: String) -> URL {
        if path == "~" { return self.userHome }
        if path.hasPrefix("~/") { return self.userHome.appending(path: String(path.dropFirst(2))) }
        return self.literalFile(at: path)
    }

    /// The file of a path in which `~` means nothing.
    func literalFile(at path: String) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : self.workingDirectory.appending(path: path)
    }
}
