import DMPCrypto
import DNSMesh
import Foundation

/// Asks a person for a secret without showing what is typed.
protocol SecretPrompt: Sendable {
    /// - Returns: What stands before the line end.
    func ask(_ prompt: String) async throws -> SecretText
}

/// The terminal that controls this process.
struct TerminalPrompt: SecretPrompt {
    private let device: URL

    /// `nil` if the process has no terminal.
    static var standard: TerminalPrompt? {
        let device = URL(fileURLWithPath: "/dev/tty")
        guard FileHandle(forUpdatingAtPath: device.path) != nil else { return nil }
        return TerminalPrompt(device: device)
    }

    func ask(_ prompt: String) async throws -> SecretText {
        let device = self.device
        return try await BlockingWork.run {
            let terminal = try FileHandle(forUpdating: device)
            let settings = try Self.configure(["-g"], on: terminal)
            // Signals are off as well, so that Ctrl-C can't leave the terminal mute.
            _ = try Self.configure(["-echo", "-icanon", "-isig"], on: terminal)
            defer { do { _ = try Self.configure([settings], on: terminal) } catch {} }
            try terminal.write(contentsOf: Data(prompt.utf8))
            defer { do { try terminal.write(contentsOf: Data("\n".utf8)) } catch {} }
            var line = SecretLine()
            let bytes = try SecretBytes(count: SecretLine.byteLimit) { (bytes) throws(any Error) in
                while !line.isComplete, let byte = try terminal.read(upToCount: 1)?.first {
                    try line.type(byte, into: &bytes)
                }
            }
            return SecretText(bytes.withBytes { SecretBytes(copying: $0.extracting(first: line.count)) })
        }
    }

    /// Runs `stty` on the terminal and returns what it prints.
    private static func configure(_ arguments: [String], on terminal: FileHandle) throws -> String {
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["stty"] + arguments
        process.standardInput = terminal
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure.user(
                "can't turn off the terminal's echo; set DMP_PASSPHRASE or passphrase_file instead"
            )
        }
        return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A line as it is typed on a terminal that hands over each byte.
struct SecretLine {
    /// As much as a terminal hands over at once.
    static let byteLimit = 4_096
    /// How many bytes of the memory that is typed into are the line.
    private(set) var count = 0
    private(set) var isComplete = false

    /// - Throws: `CancellationError` for Ctrl-C, and for Ctrl-D on an empty line; ``CommandFailure`` if the line is too long.
    mutating func type(_ byte: UInt8, into bytes: inout MutableSpan<UInt8>) throws {
        switch byte {
        case 0x0a, 0x0d: self.isComplete = true
        case 0x03: throw CancellationError()
        case 0x04 where self.count == 0: throw CancellationError()
        case 0x04: self.isComplete = true
        case 0x08, 0x7f: self.removeLastCharacter(of: bytes.span)
        case 0x15: self.count = 0
        default:
            guard self.count < bytes.count else {
                throw CommandFailure.user("a passphrase has at most \(bytes.count) bytes")
            }
            bytes[self.count] = byte
            self.count += 1
        }
    }

    private mutating func removeLastCharacter(of bytes: Span<UInt8>) {
        while self.count > 0 {
            self.count -= 1
            if bytes[self.count] & 0xc0 != 0x80 { return }
        }
    }
}
