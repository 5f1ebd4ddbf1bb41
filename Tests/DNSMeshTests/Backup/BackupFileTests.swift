import DMPCrypto
import DMPTesting
import Foundation
import Testing

@testable import DNSMesh

@Suite("The sealed file of a backup")
struct BackupFileTests {
    private static let passphrase = Array("a passphrase of its own".utf8)
    private static let cheap = Argon2id.Parameters(timeCost: 1, memoryKiB: 8, lanes: 1, outputByteCount: 64)

    /// Keeps what it is given.
    private struct Shelf: BackupSink {
        var files: [(name: String, content: [UInt8])] = []
        var announced: [UInt64] = []
        var endCount = 0

        mutating func begin(_ name: String, byteCount: UInt64) {
            self.files.append((name, []))
            self.announced.append(byteCount)
        }
        mutating func append(_ bytes: ArraySlice<UInt8>) { self.files[self.files.count - 1].content += bytes }
        mutating func end() { self.endCount += 1 }
    }

    private func write(_ files: [(String, [UInt8])], to url: URL) throws {
        var writer = try BackupWriter(
            FileHandle(fileDescriptor: SecretFile.open(url.path, creating: .exclusively), closeOnDealloc: true),
            passphrase: SecretBytes(copying: Self.passphrase),
            cost: Self.cheap
        )
        for (name, content) in files { try writer.add(name, content) }
        try writer.finish()
    }

    private func read(_ url: URL, passphrase: [UInt8] = Self.passphrase) throws -> Shelf {
        let reader = try BackupReader(url, passphrase: SecretBytes(copying: passphrase))
        var shelf = Shelf()
        try reader.read(into: &shelf)
        return shelf
    }

    private static let files: [(String, [UInt8])] = [
        ("empty.json", []), ("one.db", [7]), ("large.db", (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }),
    ]

    @Test("What was saved is read back, whatever its length, and twice if need be")
    func roundTrip() async throws {
        try await withTemporaryFolder { folder in
            for length in [0, 1, 65_500, 65_523, 65_524, 65_525, 65_536, 131_072, 131_073] {
                let url = folder.appending(path: "\(length)")
                let content = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 31) }
                try self.write([("a.db", content), ("b.json", [1, 2])], to: url)
                let reader = try BackupReader(url, passphrase: SecretBytes(copying: Self.passphrase))
                for _ in 1...2 {
                    var shelf = Shelf()
                    try reader.read(into: &shelf)
                    #expect(shelf.files.map(\.name) == ["a.db", "b.json"] && shelf.endCount == 2, "\(length) bytes")
                    #expect(shelf.files.map(\.content) == [content, [1, 2]], "\(length) bytes")
                    #expect(shelf.announced == [UInt64(length), 2])
                }
            }
        }
    }

    @Test("A file is added in parts, and one that shrinks meanwhile is an error")
    func fromFile() async throws {
        try await withTemporaryFolder { folder in
            let (source, url) = (folder.appending(path: "source"), folder.appending(path: "backup"))
            let content = [UInt8](repeating: 3, count: 150_000)
            try Data(content).write(to: source)
            var writer = try BackupWriter(
                FileHandle(fileDescriptor: SecretFile.open(url.path, creating: .exclusively), closeOnDealloc: true),
                passphrase: SecretBytes(copying: Self.passphrase),
                cost: Self.cheap
            )
            try writer.add("source.db", from: source)
            try writer.finish()
            #expect(try self.read(url).files.map(\.content) == [content])
        }
    }

    @Test("The layout is that of the documents")
    func layout() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write([("a.db", [9, 9])], to: url)
            let bytes = [UInt8](try Data(contentsOf: url))
            #expect(Array(bytes[..<28]) == Array("dnsmesh-backup\n".utf8) + [1, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1])
            #expect(Array(bytes[60..<68]) == [0, 0, 0, 0, 0, 0, 0, UInt8(bytes.count)])
            let keys = try Argon2id.derive(
                passphrase: Self.passphrase,
                salt: Array(bytes[28..<60]),
                parameters: Self.cheap
            ).unguardedBytes()
            #expect(HMAC.sha256.isValid(Array(bytes[68..<100]), for: Array(bytes[..<68]), key: Array(keys[32...])))
            let content = try ChaCha20Poly1305.open(
                bytes[100...],
                key: SecretBytes(copying: keys[..<32]),
                nonce: .init([UInt8](repeating: 0, count: 11) + [1]),
                authenticating: Array(bytes[..<60])
            )
            #expect(content == [0, 4] + Array("a.db".utf8) + [0, 0, 0, 0, 0, 0, 0, 2, 9, 9, 0, 0])
        }
    }

    @Test("A wrong passphrase is told from damage")
    func wrongPassphrase() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write(Self.files, to: url)
            #expect(throws: BackupError.wrongPassphrase) { try self.read(url, passphrase: Array("another".utf8)) }
        }
    }

    @Test("A file that was cut off anywhere says so", arguments: [15, 16, 59, 99, 100, 101, 65_600, 65_652, 200_000])
    func truncated(count: Int) async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write(Self.files, to: url)
            let whole = try Data(contentsOf: url)
            try whole.prefix(count).write(to: url)
            #expect(throws: BackupError.truncated) { try BackupReader.inspect(url) }
            #expect(throws: BackupError.truncated) { try self.read(url) }
        }
    }

    @Test(
        "What is no backup, or one of another version, is refused before a passphrase is needed",
        arguments: [
            ([], .foreign), (Array("SQLite format 3\0".utf8), .foreign),
            (Array("dnsmesh-backup".utf8), .foreign), (Array("dnsmesh-backup\n".utf8) + [2], .newerVersion(2)),
            (Array("dnsmesh-backup\n".utf8) + [0], .newerVersion(0)),
        ] as [([UInt8], BackupError)]
    )
    func foreign(bytes: [UInt8], reason: BackupError) async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try Data(bytes).write(to: url)
            #expect(throws: reason) { try BackupReader.inspect(url) }
        }
    }

    @Test(
        "A header that asks for too much is refused",
        arguments: [(19, 0), (19, 11), (16, 1), (23, 7), (20, 1), (27, 0), (27, 17)] as [(Int, UInt8)]
    )
    func excessiveCost(offset: Int, value: UInt8) async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write([("a.db", [1])], to: url)
            var bytes = [UInt8](try Data(contentsOf: url))
            bytes[offset] = value
            try Data(bytes).write(to: url)
            #expect(throws: BackupError.excessiveCost) { try BackupReader.inspect(url) }
        }
    }

    @Test("Any changed bit is noticed before anything of its chunk is used")
    func flippedBits() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write(Self.files, to: url)
            let whole = [UInt8](try Data(contentsOf: url))
            var random = SeededRandom(seed: 0xbac0)
            for _ in 0..<60 {
                var bytes = whole
                let offset = Int.random(in: 0..<whole.count, using: &random)
                bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try Data(bytes).write(to: url)
                #expect(throws: BackupError.self, "seed 0xbac0, byte \(offset)") { try self.read(url) }
            }
        }
    }

    @Test("Chunks can't be exchanged, left out or added")
    func movedChunks() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "backup")
            try self.write(Self.files, to: url)
            let whole = [UInt8](try Data(contentsOf: url))
            let size = BackupChunk.sealedByteCount
            let chunks = [whole[100..<100 + size], whole[100 + size..<100 + 2 * size], whole[(100 + 2 * size)...]]
            for order in [[1, 0, 2], [0, 0, 2], [0, 2], [0, 1, 1, 2]] {
                try Data(whole[..<100] + order.flatMap { chunks[$0] }).write(to: url)
                #expect(throws: BackupError.self, "\(order)") { try self.read(url) }
            }
        }
    }
}
