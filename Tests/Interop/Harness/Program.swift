import Foundation

/// Runs other programs to their end.
enum Program {
    /// What a program that has ended left behind.
    struct Outcome: Sendable, CustomStringConvertible {
        /// The exit status, or minus the number of the signal that ended the program.
        let status: Int
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: self.output, as: UTF8.self) }
        var description: String { "status \(self.status)\n\(self.text)\(self.errors)" }

        /// This outcome, if the program ended with one of the statuses.
        func expecting(_ statuses: Int...) throws -> Outcome {
            guard statuses.contains(self.status) else { throw Failure(what: "ended unexpectedly: \(self)") }
            return self
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let what: String
        var description: String { self.what }
    }

    /// Runs a program with exactly these environment variables and this standard input.
    ///
    /// It is killed with SIGKILL after the time `limit`, and when the task is cancelled.
    static func run(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String],
        input: [UInt8] = [],
        limit: Duration? = nil
    ) async throws -> Outcome {
        try await withScratchFolder { folder in
            let files = ["input", "output", "errors"].map { folder.appending(path: $0) }
            for file in files { try Data(file == files[0] ? input : []).write(to: file) }
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = environment
            let input = try FileHandle(forReadingFrom: files[0])
            let (output, errors) = (try FileHandle(forWritingTo: files[1]), try FileHandle(forWritingTo: files[2]))
            (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
            // Foundation keeps them open, and misses the ends of programs once it has more than 1,024 files.
            defer { for handle in [input, output, errors] { try? handle.close() } }
            try await Self.run(process, limit: limit)
            let killed = process.terminationReason == .uncaughtSignal
            return Outcome(
                status: Int(killed ? -process.terminationStatus : process.terminationStatus),
                output: Array(try Data(contentsOf: files[1])),
                errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
            )
        }
    }

    private static func run(_ process: Process, limit: Duration?) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await Self.waitForEnd(of: process)
                } onCancel: {
                    Self.end(process)
                }
            }
            if let limit {
                group.addTask {
                    guard (try? await Task.sleep(for: limit)) != nil else { return }
                    Self.end(process)
                    try await Task.sleep(for: .seconds(60))  // the other task ends first, and cancels this one
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func waitForEnd(of process: Process) async throws {
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
                if Task.isCancelled { Self.end(process) }
            } catch {
                ended.resume(throwing: error)
            }
        }
    }

    private static func end(_ process: Process) {
        if process.isRunning, process.processIdentifier > 0 { kill(process.processIdentifier, SIGKILL) }
    }
}

/// Lends a new folder, and removes it afterwards.
func withScratchFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
        .appending(path: "dnsmesh-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
