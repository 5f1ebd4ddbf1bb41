package import DMPCrypto
import DMPProtocol
package import Foundation

/// Writes files into one sealed file, a chunk at a time.
///
/// The sealed text is a row of entries: length of the name (2 bytes), name in UTF-8, length of the content (8 bytes),
/// content. It ends with a name of length 0.
package struct BackupWriter: ~Copyable {
    private let file: FileHandle
    private let keys: BackupKeys
    private var header: BackupHeader
    private var waiting: [UInt8] = []
    private var chunkCount: UInt64 = 0
    private var writtenByteCount = UInt64(BackupHeader.byteCount)

    /// Starts at the beginning of an empty file.
    package init(
        _ file: FileHandle,
        passphrase: borrowing SecretBytes,
        cost: Argon2id.Parameters = .backup
    ) throws {
        let header = BackupHeader(cost: cost)
        let keys = try header.keys(passphrase: passphrase)
        // Its place is kept: how long the file will be is known at the end.
        try file.write(contentsOf: Data(count: BackupHeader.byteCount))
        (self.file, self.header) = (file, header)
        self.keys = keys
    }

    package mutating func add(_ name: String, _ content: [UInt8]) throws {
        try self.begin(name, byteCount: UInt64(content.count))
        try self.write(content)
    }

    /// Adds a file, of which a part is in memory at a time.
    ///
    /// - Throws: ``BackupError/file(_:)`` if it changes its length meanwhile.
    package mutating func add(_ name: String, from source: URL) throws {
        let handle = try FileHandle(forReadingFrom: source)
        let byteCount = try handle.seekToEnd()
        try handle.seek(toOffset: 0)
        try self.begin(name, byteCount: byteCount)
        var left = byteCount
        while left > 0, let part = try handle.read(upToCount: Int(min(left, UInt64(BackupChunk.byteCount)))),
            !part.isEmpty
        {
            left -= UInt64(part.count)
            try self.write([UInt8](part))
        }
        try handle.close()
        guard left == 0 else { throw BackupError.file("\(source.path) changes while it is read") }
    }

    /// Writes what is left, and the header.
    package consuming func finish() throws {
        try self.write([0, 0])
        try self.seal(isLast: true)
        self.header.fileByteCount = self.writtenByteCount
        try self.file.seek(toOffset: 0)
        try self.file.write(contentsOf: Data(self.header.bytes(key: self.keys.header)))
        try self.file.synchronize()
    }

    private mutating func begin(_ name: String, byteCount: UInt64) throws {
        guard let nameByteCount = UInt16(exactly: name.utf8.count), nameByteCount > 0 else {
            throw BackupError.unexpectedContents(name)
        }
        var writer = ByteWriter()
        writer.writeInteger(nameByteCount)
        writer.write(Array(name.utf8))
        writer.writeInteger(byteCount)
        try self.write(writer.bytes)
    }

    /// A full chunk waits until more comes, as the last one is sealed in another way.
    private mutating func write(_ bytes: [UInt8]) throws {
        self.waiting += bytes
        while self.waiting.count > BackupChunk.byteCount { try self.seal(isLast: false) }
    }

    private mutating func seal(isLast: Bool) throws {
        let chunk = BackupChunk(number: self.chunkCount, isLast: isLast)
        let sealed = try chunk.seal(
            self.waiting.prefix(BackupChunk.byteCount),
            key: self.keys.chunks,
            header: self.header.fixedPart
        )
        self.waiting.removeFirst(min(self.waiting.count, BackupChunk.byteCount))
        self.chunkCount += 1
        self.writtenByteCount += UInt64(sealed.count)
        try self.file.write(contentsOf: Data(sealed))
    }
}
