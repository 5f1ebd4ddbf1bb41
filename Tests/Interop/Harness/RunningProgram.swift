import Foundation

/// A program that runs while a test looks at it, and ends with the test at the latest.
struct RunningProgram: Sendable {
    private let process: Process
    /// Its working folder.
    let folder: URL
    private let ended: AsyncStream<Void>

    /// Lends a program with exactly these environment variables and this standard input.
    static func run<Value: Sendable>(
        _ executable: URL,
        _ arguments: [String],
        environment: [String: String],
        input: [UInt8] = [],
        _ body: (RunningProgram) async throws -> Value
    ) async throws -> Value {
        try await withScratchFolder { folder in
            let files = ["input", "output", "errors"].map { folder.appending(path: $0) }
            for file in files { try Data(file == files[0] ? input : []).write(to: file) }
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = environment
            process.currentDirectoryURL = folder
            let handles = [
                try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
                try FileHandle(forWritingTo: files[2]),
            ]
            (process.standardInput, process.standardOutput, process.standardError) = (
                handles[0], handles[1], handles[2]
            )
            defer { for handle in handles { try? handle.close() } }
            let (ended, end) = AsyncStream.makeStream(of: Void.self)
            process.terminationHandler = { _ in end.finish() }
            try process.run()
            let program = RunningProgram(process: process, folder: folder, ended: ended)
            let result: Result<Value, any Error>
            do { result = .success(try await body(program)) } catch { result = .failure(error) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            for await _ in ended {}
            return try result.get()
        }
    }

    /// All that it has written so far.
    var written: String {
        get throws {
            try ["output", "errors"].map {
                String(decoding: try Data(contentsOf: self.folder.appending(path: $0)), as: UTF8.self)
            }
            .joined()
        }
    }

    /// Waits until it has written the text.
    func waitForOutput(_ text: String) async throws {
        for _ in 0..<1_200 {
            if try self.written.contains(text) { return }
            guard self.process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Program.Failure(what: "it never said \(text): \(try self.written)")
    }

    /// Stops it where it is, so that it can be looked at for as long as that takes. It goes on when it is sent a signal.
    func pause() { kill(self.process.processIdentifier, SIGSTOP) }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: The number of the signal that ended it, or minus its exit status.
    func end(by signal: Int32) async -> Int32 {
        for number in [signal, SIGCONT] { kill(self.process.processIdentifier, number) }
        for await _ in self.ended {}
        let isKilled = self.process.terminationReason == .uncaughtSignal
        return isKilled ? self.process.terminationStatus : -self.process.terminationStatus
    }

    /// A file that the system keeps of it, such as `cmdline`.
    func systemFile(_ name: String) throws -> String {
        // To its end: what reads files at one go takes the first page of these for the whole.
        let file = try FileHandle(forReadingFrom: self.systemURL(name))
        defer { try? file.close() }
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }

    private func systemURL(_ name: String) -> URL {
        URL(fileURLWithPath: "/proc/\(self.process.processIdentifier)/\(name)")
    }

    /// How often the bytes stand in its memory, apart from files that it only reads.
    func occurrences(of bytes: [UInt8]) throws -> Int {
        let memory = try FileHandle(forReadingFrom: self.systemURL("mem"))
        defer { try? memory.close() }
        var count = 0
        for line in try self.systemFile("maps").split(separator: "\n") {
            let fields = line.split(separator: " ")
            let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard bounds.count == 2, fields[1].hasPrefix("rw") || (fields[1].hasPrefix("r") && fields[4] == "0"),
                bounds[1] - bounds[0] < 1 << 30
            else { continue }
            do {
                try memory.seek(toOffset: bounds[0])
                let found = try memory.read(upToCount: Int(bounds[1] - bounds[0])) ?? Data()
                count += unsafe found.withUnsafeBytes { unsafe Self.occurrences(of: bytes, in: $0) }
            } catch {
                // Guards around secrets and what is the system's own: nobody can read that.
            }
        }
        return count
    }

    private static func occurrences(of wanted: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int {
        guard let start = bytes.baseAddress, let first = wanted.first, bytes.count >= wanted.count else { return 0 }
        var (offset, count) = (0, 0)
        let end = bytes.count - wanted.count + 1
        while offset < end, let found = unsafe memchr(start + offset, Int32(first), end - offset) {
            if unsafe memcmp(found, wanted, wanted.count) == 0 { count += 1 }
            offset = unsafe UnsafeRawPointer(found) - start + 1
        }
        return count
    }
}
