package import DMPCrypto
import DMPProtocol
package import Foundation

/// Takes the files of a backup as they are read.
package protocol BackupSink {
    /// A file begins. What is thrown ends the reading.
    mutating func begin(_ name: String, byteCount: UInt64) throws
    /// The next bytes of the file.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws
    /// The file is complete.
    mutating func end() throws
}

/// Reads a sealed file, a chunk at a time. Each chunk is verified before anything in it is looked at.
package struct BackupReader: ~Copyable {
    private let file: FileHandle
    private let header: BackupHeader
    private let fileByteCount: UInt64
    private let keys: BackupKeys

    /// Looks at the start of a file. Costs nothing, so that a wrong file is noticed before a passphrase is asked for.
    ///
    /// - Throws: ``BackupError``.
    package static func inspect(_ url: URL) throws {
        _ = try Self.header(of: try FileHandle(forReadingFrom: url))
    }

    /// - Throws: ``BackupError``; ``BackupError/wrongPassphrase`` above all.
    package init(_ url: URL, passphrase: borrowing SecretBytes) throws {
        let file = try FileHandle(forReadingFrom: url)
        let (header, bytes, fileByteCount) = try Self.header(of: file)
        let keys = try header.keys(passphrase: passphrase)
        guard header.isAuthentic(bytes, key: keys.header) else { throw BackupError.wrongPassphrase }
        (self.file, self.header, self.fileByteCount) = (file, header, fileByteCount)
        self.keys = keys
    }

    private static func header(of file: FileHandle) throws -> (BackupHeader, [UInt8], UInt64) {
        let fileByteCount = try file.seekToEnd()
        try file.seek(toOffset: 0)
        let bytes = [UInt8](try file.read(upToCount: BackupHeader.byteCount) ?? Data())
        let header = try BackupHeader(parsing: bytes)
        guard bytes.count == BackupHeader.byteCount, fileByteCount >= header.fileByteCount else {
            throw BackupError.truncated
        }
        guard fileByteCount == header.fileByteCount else { throw BackupError.damaged }
        return (header, bytes, fileByteCount)
    }

    /// Reads everything from the first file to the last. May be called again.
    package func read(into sink: inout some BackupSink) throws {
        try self.file.seek(toOffset: UInt64(BackupHeader.byteCount))
        var entries = BackupEntries()
        var left = self.fileByteCount - UInt64(BackupHeader.byteCount)
        var number: UInt64 = 0
        while left > 0 {
            let count = Int(min(left, UInt64(BackupChunk.sealedByteCount)))
            let sealed = [UInt8](try self.file.read(upToCount: count) ?? Data())
            guard sealed.count == count else { throw BackupError.damaged }
            left -= UInt64(count)
            let chunk = BackupChunk(number: number, isLast: left == 0)
            do {
                let bytes = try chunk.open(sealed, key: self.keys.chunks, header: self.header.fixedPart)
                try entries.take(bytes, into: &sink)
            } catch is CryptoError {
                throw BackupError.damaged
            }
            number += 1
        }
        guard entries.isComplete else { throw BackupError.damaged }
    }
}

/// Cuts the verified text of a backup into its files.
private struct BackupEntries {
    private enum State {
        case header
        case content(left: UInt64)
        case ended
    }

    private var state = State.header
    private var waiting: [UInt8] = []

    var isComplete: Bool {
        if case .ended = self.state { true } else { false }
    }

    mutating func take(_ bytes: [UInt8], into sink: inout some BackupSink) throws {
        self.waiting += bytes
        while true {
            switch self.state {
            case .ended:
                guard self.waiting.isEmpty else { throw BackupError.damaged }
                return
            case .content(let left):
                let part = self.waiting.prefix(Int(clamping: left))
                if !part.isEmpty { try sink.append(part) }
                self.waiting.removeFirst(part.count)
                guard part.count == left else {
                    self.state = .content(left: left - UInt64(part.count))
                    return
                }
                try sink.end()
                self.state = .header
            case .header:
                guard try self.takeHeader(into: &sink) else { return }
            }
        }
    }

    /// - Returns: `false` if the header isn't complete yet.
    private mutating func takeHeader(into sink: inout some BackupSink) throws -> Bool {
        guard let (name, byteCount, size) = Self.header(in: self.waiting) else { return false }
        self.waiting.removeFirst(size)
        guard !name.isEmpty else {
            self.state = .ended
            return true
        }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw BackupError.unexpectedContents("a name that isn't UTF-8")
        }
        try sink.begin(text, byteCount: byteCount)
        self.state = .content(left: byteCount)
        return true
    }

    /// The entry that begins here, or `nil` if it isn't all there. The name of the end is empty.
    private static func header(in bytes: [UInt8]) -> (name: ArraySlice<UInt8>, byteCount: UInt64, size: Int)? {
        var reader = ByteReader(bytes[...])
        do throws(WireError) {
            let nameByteCount: UInt16 = try reader.readInteger()
            guard nameByteCount > 0 else { return ([], 0, 2) }
            let name = try reader.read(Int(nameByteCount))
            let byteCount: UInt64 = try reader.readInteger()
            return (name, byteCount, bytes.count - reader.remaining)
        } catch {
            return nil
        }
    }
}
