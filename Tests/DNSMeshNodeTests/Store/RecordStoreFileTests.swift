import DMPProtocol
import Foundation
import GRDB
import Testing

@testable import DNSMeshNode

@Suite("The file of the record store")
struct RecordStoreFileTests {
    let start = UnixSeconds(rawValue: 1_700_000_000)

    @Test("What was written is there after the store is opened again")
    func reopening() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "records.db").path
            let first = try await RecordStore.open(at: path, limits: RecordLimits())
            _ = try await first.publish("x", at: "a.b.test", lifetime: 10, now: start)
            try first.close()
            let second = try await RecordStore.open(at: path, limits: RecordLimits())
            #expect(try await second.values(at: "a.b.test", now: start).map(\.text) == ["x"])
            #expect(try await second.find("b.test", now: start) == .onlyDescendants)
            try second.close()
        }
    }

    @Test("New folders are for their owner alone, and so is every file")
    func modes() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "new/deep/records.db").path
            let store = try await RecordStore.open(at: path, limits: RecordLimits())
            _ = try await store.publish("x", at: "a.test", lifetime: 10, now: start)
            for file in ["new", "new/deep"] { #expect(try mode(folder, file) == 0o700) }
            for file in ["records.db", "records.db-wal", "records.db-shm"] {
                #expect(try mode(folder, "new/deep/" + file) == 0o600)
            }
            try store.close()
        }
    }

    @Test("A database of the reference is taken over: old columns, mixed case, seconds for milliseconds")
    func referenceDatabase() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "dmp.db").path
            try await makeReferenceDatabase(at: path)
            let store = try await RecordStore.open(at: path, limits: RecordLimits())
            #expect(try mode(folder, "dmp.db") == 0o600)
            let values = try await store.values(at: "slot-1.mb-a.mesh.test", now: start)
            #expect(values.map(\.text) == ["v=dmp1;old", "v=dmp1;new"])
            #expect(try await store.find("mb-a.mesh.test", now: start) == .onlyDescendants)
            #expect(try await store.publish("v=dmp1;x", at: "a.test", lifetime: 5, now: start) == .stored)
            try store.close()

            let queue = try DatabaseQueue(path: path)
            let times = try await queue.read { db in
                try Int64.fetchAll(db, sql: "SELECT stored_ts FROM records ORDER BY stored_ts")
            }
            #expect(times == [1_699_999_990_000, 1_699_999_995_000, 1_700_000_000_000])
            let hashes = try await queue.read { db in
                try String.fetchAll(db, sql: "SELECT value_hash FROM records WHERE value = 'v=dmp1;x'")
            }
            // printf 'v=dmp1;x' | sha256sum
            #expect(hashes == ["0e44189167bf51b9856af97593d5004d6856724174231475b8d9a931543096ad"])
            try queue.close()
        }
    }

    @Test("Rows that another program wrote meanwhile are completed at the next start")
    func foreignRows() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "dmp.db").path
            try await RecordStore.open(at: path, limits: RecordLimits()).close()
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO records
                        (name, value, ttl, created_at, expires_at, stored_ts, value_hash)
                        VALUES ('X.b.test', 'v', 60, 1700000000, 1700000060, 1700000000000, 'h')
                        """
                )
            }
            try queue.close()
            let store = try await RecordStore.open(at: path, limits: RecordLimits())
            #expect(try await store.values(at: "x.b.test", now: start).map(\.text) == ["v"])
            #expect(try await store.find("b.test", now: start) == .onlyDescendants)
            try store.close()
        }
    }

    @Test("A database of a later version is refused and left alone")
    func newerSchema() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "dmp.db").path
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: "PRAGMA user_version = 7") }
            try queue.close()
            await #expect(throws: RecordStoreError.newerSchema(path, found: 7, known: 1)) {
                try await RecordStore.open(at: path, limits: RecordLimits())
            }
            let again = try DatabaseQueue(path: path)
            #expect(try await again.read { try !$0.tableExists("records") })
            try again.close()
        }
    }

    @Test("Another program's database loses nothing, and is used beside its own tables")
    func foreignDatabase() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "dmp.db").path
            let queue = try DatabaseQueue(path: path)
            try await queue.write {
                try $0.execute(sql: "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
            }
            try queue.close()
            let store = try await RecordStore.open(at: path, limits: RecordLimits())
            #expect(try await store.publish("x", at: "a.test", lifetime: 5, now: start) == .stored)
            try store.close()
            let again = try DatabaseQueue(path: path)
            #expect(try await again.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["mine"])
            try again.close()
        }
    }

    @Test("A file that is no database is refused and left alone")
    func noDatabase() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "dmp.db")
            let text = Data(String(repeating: "not a database\n", count: 100).utf8)
            try text.write(to: file)
            let error = await #expect(throws: RecordStoreError.self) {
                try await RecordStore.open(at: file.path, limits: RecordLimits())
            }
            #expect(error?.description.contains(file.path) == true)
            #expect(error?.description.contains("\n") == false)
            #expect(try Data(contentsOf: file) == text)
        }
    }

    @Test("A place where no folder can be made is named")
    func impossibleFolder() async throws {
        try await withTemporaryFolder { folder in
            try Data().write(to: folder.appending(path: "file"))
            let path = folder.appending(path: "file/deep/dmp.db").path
            let error = await #expect(throws: RecordStoreError.self) {
                try await RecordStore.open(at: path, limits: RecordLimits())
            }
            #expect(error?.description.contains("DMP_DB_PATH") == true)
        }
    }

    private func mode(_ folder: URL, _ file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.appending(path: file).path)[.posixPermissions] as? Int
    }

    /// The table as the oldest reference made it, with one name in mixed case.
    private func makeReferenceDatabase(at path: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE records (
                        name TEXT NOT NULL, value TEXT NOT NULL, ttl INTEGER NOT NULL, created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL, stored_ts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (name, value)
                    );
                    CREATE INDEX idx_records_name ON records(name);
                    INSERT INTO records VALUES
                    ('slot-1.mb-a.mesh.test', 'v=dmp1;old', 100, 1699999990, 1700000090, 0),
                    ('SLOT-1.mb-a.mesh.test', 'v=dmp1;new', 100, 1699999995, 1700000095, 1699999995);
                    """
            )
        }
        try queue.close()
    }
}
