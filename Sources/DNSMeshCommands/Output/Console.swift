import Foundation
import Synchronization

/// Where a command writes: results to standard output, all else to standard error.
struct Console: Sendable {
    /// Writes bytes to standard output at once; throws if they can't be written.
    let writeOutput: @Sendable ([UInt8]) throws -> Void
    /// Writes bytes to standard error; there is nobody to tell if that fails.
    let writeError: @Sendable ([UInt8]) -> Void

    /// The streams of the process.
    static let standard = Console(
        writeOutput: { try FileHandle.standardOutput.write(contentsOf: Data($0)) },
        writeError: { bytes in
            do { try FileHandle.standardError.write(contentsOf: Data(bytes)) } catch {}
        }
    )

    /// Writes a result and a line end. The text must be harmless already.
    func result(_ text: String) throws(CommandFailure) {
        do {
            try self.writeOutput(Array("\(text)\n".utf8))
        } catch {
            throw CommandFailure.output(error)
        }
    }

    /// Writes a line `dnsmesh: …` to standard error.
    func message(_ text: String) {
        self.note("dnsmesh: \(text)")
    }

    /// Writes a line to standard error as it is.
    func note(_ text: String) {
        self.writeError(Array("\(TerminalText.message(text))\n".utf8))
    }
}

extension CommandFailure {
    /// The reader of our output has gone, or the output can't be written for another reason.
    fileprivate static func output(_ error: any Error) -> CommandFailure {
        var current = error as NSError
        while let deeper = current.userInfo[NSUnderlyingErrorKey] as? NSError { current = deeper }
        let isClosed = current.domain == NSPOSIXErrorDomain && current.code == Int(EPIPE)
        return isClosed ? .closedOutput : .user("can't write the result: \(FileReason.of(current))")
    }
}
