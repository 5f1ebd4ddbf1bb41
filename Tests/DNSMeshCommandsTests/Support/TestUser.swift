import ArgumentParser
import DMPProtocol
import DNSTransport
import Foundation
import Synchronization

@testable import DNSMeshCommands

/// A person with a folder of their own, who types commands; all of it inside the test's process.
struct TestUser: Sendable {
    /// What one command did.
    struct Outcome: Sendable, CustomStringConvertible {
        let code: ExitCode
        let output: String
        let errors: String

        var description: String { "exit \(self.code.rawValue)\n\(self.output)\n\(self.errors)" }
    }

    let folder: URL
    var environment: [String: String] = [:]
    var terminal: (any SecretPrompt)?
    var now: @Sendable () -> UnixSeconds = { UnixSeconds(rawValue: 1_800_000_000) }

    var configurationFile: URL { self.folder.appending(path: "config.yaml") }

    var configurationText: String {
        get throws { try String(contentsOf: self.configurationFile, encoding: .utf8) }
    }

    func file() -> ConfigurationFile {
        ConfigurationFile(home: ConfigurationHome(flag: self.folder.path, context: self.context(Recorder(), input: [])))
    }

    func load() throws -> Configuration { try self.file().load() }

    func run(_ arguments: String..., input: [UInt8] = []) async -> Outcome {
        await self.run(arguments, input: input)
    }

    func run(_ arguments: [String], input: [UInt8] = [], failingOutput error: (any Error & Sendable)? = nil) async
        -> Outcome
    {
        let recorder = Recorder(failure: error)
        let code = await DNSMeshCommand.execute(arguments, in: self.context(recorder, input: input))
        return Outcome(code: code, output: recorder.output, errors: recorder.errors)
    }

    func context(_ recorder: Recorder, input: [UInt8]) -> CommandContext {
        CommandContext(
            environment: ["HOME": self.folder.path, "DMP_CONFIG_HOME": self.folder.path].merging(self.environment) {
                $1
            },
            console: recorder.console,
            terminal: self.terminal,
            readInput: { input },
            workingDirectory: self.folder,
            clock: .continuous,
            now: self.now
        )
    }
}

/// Keeps what a command writes.
final class Recorder: Sendable {
    private let written = Mutex((output: [UInt8](), errors: [UInt8]()))
    private let failure: (any Error & Sendable)?

    init(failure: (any Error & Sendable)? = nil) {
        self.failure = failure
    }

    var output: String { self.written.withLock { String(decoding: $0.output, as: UTF8.self) } }
    var errors: String { self.written.withLock { String(decoding: $0.errors, as: UTF8.self) } }

    var console: Console {
        Console(
            writeOutput: { bytes in
                if let failure = self.failure { throw failure }
                self.written.withLock { $0.output += bytes }
            },
            writeError: { bytes in self.written.withLock { $0.errors += bytes } }
        )
    }
}

/// A person at the terminal who gives these answers in turn.
final class ScriptedPrompt: SecretPrompt {
    private let state: Mutex<(answers: [String], questions: [String])>

    init(_ answers: String...) {
        self.state = Mutex((answers, []))
    }

    var questions: [String] { self.state.withLock(\.questions) }

    func ask(_ prompt: String) async throws -> SecretText {
        try self.state.withLock { state in
            state.questions.append(prompt)
            guard !state.answers.isEmpty else { throw CancellationError() }
            return SecretText(copying: state.answers.removeFirst())
        }
    }
}

/// Lends a folder of mode 0700 that is removed afterwards.
@discardableResult
func withTestFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "dnsmesh-cli-\(UUID().uuidString)", directoryHint: .isDirectory).resolvingSymlinksInPath()
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
    )
    defer { do { try FileManager.default.removeItem(at: folder) } catch {} }
    return try await body(folder)
}

func mode(of file: URL) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
}
