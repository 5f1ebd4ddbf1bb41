import DMPProtocol
import DNSWire
import Foundation
import GRDB
import Testing

@testable import DNSMeshNode

@Suite("The key database of the reference")
struct UpdateKeyStoreTests {
    /// Lends a database in the form that the reference gives it, with a key in each row.
    private static func withStore(_ rows: [String], _ body: (String) async throws -> Void) async throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "tsig.db").path
        let database = try DatabaseQueue(path: path)
        try await database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(
                sql: """
                    CREATE TABLE tsig_keys (
                        name TEXT PRIMARY KEY, algorithm TEXT NOT NULL, secret BLOB NOT NULL,
                        allowed_suffixes TEXT NOT NULL, created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL, revoked INTEGER NOT NULL
                    )
                    """
            )
            for row in rows { try db.execute(sql: "INSERT INTO tsig_keys VALUES (\(row))") }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try await body(path)
    }

    private static func store(_ path: String, at time: UInt64 = 1_000) -> UpdateKeyStore {
        UpdateKeyStore(path: path, now: { UnixSeconds(rawValue: time) })
    }

    @Test("Keys count until they expire or are revoked; those that can't be used are left out")
    func reading() async throws {
        let rows = [
            "'alice.mesh.test.', 'hmac-sha256', x'73', 'mesh.test\nb..c', 1, 0, 0",
            "'bob.mesh.test.', 'hmac-sha512.', x'73', '.Bob.mesh.test.\nslot-*.mb-*.mesh.test', 2, 1001, 0",
            "'late.mesh.test.', 'hmac-sha256', x'73', 'mesh.test', 3, 1000, 0",
            "'revoked.mesh.test.', 'hmac-sha256', x'73', 'mesh.test', 4, 0, 1",
            "'none.mesh.test.', 'hmac-sha256', x'73', '', 5, 0, 0",
            "'md5.mesh.test.', 'hmac-md5', x'73', 'mesh.test', 6, 0, 0",
            "'a..b', 'hmac-sha256', x'73', 'mesh.test', 7, 0, 0",
            "'empty.mesh.test.', 'hmac-sha256', x'', 'mesh.test', 8, 0, 0",
        ]
        try await Self.withStore(rows) { path async throws in
            let keys = try await Self.store(path).read()
            #expect(keys.map(\.key.name.description) == ["alice.mesh.test", "bob.mesh.test", "none.mesh.test"])
            #expect(keys.map(\.key.algorithm) == [.hmacSHA256, .hmacSHA512, .hmacSHA256])
            let names = try ["x.mesh.test", "x.bob.mesh.test", "slot-1.mb-a.mesh.test"].map { try DNSName($0) }
            #expect(
                keys.map { key in names.map(key.scope.allowsAdding) }
                    == [[true, true, true], [false, true, true], [false, false, false]]
            )
            #expect(
                keys.map { key in names.map(key.scope.allowsDeleting) }
                    == [[true, true, true], [false, true, false], [false, false, false]]
            )
            #expect(try await Self.store(path, at: 1_001).read().count == 2)
        }
    }

    @Test("What is no such database is named; one that is not there isn't made, nor one read that others can read")
    func faults() async throws {
        try await Self.withStore([]) { path async throws in
            #expect(try await Self.store(path).read().isEmpty)
            let missing = path + ".missing"
            await #expect(throws: UpdateKeyFileError.self) { try await Self.store(missing).read() }
            #expect(!FileManager.default.fileExists(atPath: missing))
            let noise = path + ".noise"
            let contents = Data(repeating: 0x61, count: 4_096)
            #expect(
                FileManager.default.createFile(
                    atPath: noise,
                    contents: contents,
                    attributes: [.posixPermissions: 0o600]
                )
            )
            let error = await #expect(throws: UpdateKeyFileError.self) { try await Self.store(noise).read() }
            #expect(error?.description.contains("DMP_TSIG_DB_PATH") == true)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            await #expect(throws: UpdateKeyFileError.self) { try await Self.store(path).read() }
        }
    }
}
