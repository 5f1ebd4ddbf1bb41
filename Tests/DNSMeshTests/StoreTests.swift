import DMPCrypto
import DMPProtocol
import Foundation
import GRDB
import Logging
import Testing

@testable import DNSMesh

@Suite("Files on disk")
struct StoreTests {
    private let now = UnixSeconds(rawValue: 1_800_000_000)
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func open(_ folder: URL) throws -> MeshStores {
        try MeshStores.directory(folder, now: self.now, logger: self.logger)
    }

    @Test("Files are readable by their owner alone, and so is a new folder")
    func modes() async throws {
        try await withTemporaryFolder { parent in
            let folder = parent.appending(path: "home")
            let stores = try self.open(folder)
            try await stores.replayFile?.add(
                [.init(key: try Self.key(1), expires: self.now.adding(60))],
                now: self.now,
                logger: self.logger
            )
            for name in ["", "prekeys.db", "state.db", "replay_cache.json", ".lock"] {
                let path = folder.appending(path: name).path
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == (name.isEmpty ? 0o700 : 0o600), "\(name)")
            }
        }
    }

    @Test("A damaged file is kept aside and a new one is made", arguments: ["prekeys.db", "state.db"])
    func damaged(name: String) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: name)
            try Data(repeating: 0x5a, count: 4_096).write(to: file)
            _ = try self.open(folder)
            let aside = folder.appending(path: "\(name).broken-1800000000")
            #expect(try Data(contentsOf: aside) == Data(repeating: 0x5a, count: 4_096))
        }
    }

    @Test(
        "A file of a newer version is refused and left alone",
        arguments: [("prekeys.db", 3), ("state.db", StateStep.all.count + 1), ("intros.db", 2)]
    )
    func newer(name: String, version: Int) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: name)
            try DatabaseQueue(path: file.path).write { try $0.execute(sql: "PRAGMA user_version = \(version)") }
            let before = try Data(contentsOf: file)
            #expect { try self.open(folder) } throws: { error in
                guard let error = error as? MeshError else { return false }
                return error.code == .storeTooNew && error.message.contains(file.path)
            }
            #expect(try Data(contentsOf: file) == before)
        }
    }

    @Test(
        "Opening files that are up to date writes nothing to them",
        arguments: ["prekeys.db", "state.db", "intros.db"]
    )
    func openedAgain(name: String) async throws {
        try await withTemporaryFolder { folder in
            _ = try self.open(folder)
            let file = folder.appending(path: name)
            let before = try (Data(contentsOf: file), SecretFile.status(file.path))
            let stores = try self.open(folder)
            #expect(try await stores.state.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } != 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file.path + "-wal")).isEmpty)
            #expect(try Data(contentsOf: file) == before.0)
            let after = try SecretFile.status(file.path)
            #expect(after == before.1)
            try stores.close()
        }
    }

    @Test("New files keep a write-ahead log, and their commits reach the disk with it")
    func journal() async throws {
        try await withTemporaryFolder { folder in
            let stores = try self.open(folder)
            for database in [stores.state, stores.intros] {
                let journal = try await database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
                let flushing = try await database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
                let wiping = try await database.read { try Int.fetchOne($0, sql: "PRAGMA secure_delete") }
                #expect(journal == "wal" && flushing == 1 && wiping == 1)
            }
        }
    }

    @Test("Another program's database loses nothing", arguments: ["prekeys.db", "state.db", "intros.db"])
    func foreignDatabase(name: String) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: name)
            try await DatabaseQueue(path: file.path).write {
                try $0.execute(sql: "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
            }
            do {
                _ = try self.open(folder)
            } catch let error as MeshError {
                #expect(error.message.contains(file.path) && !error.message.contains("\n"), "\(error)")
            }
            let texts = try await DatabaseQueue(path: file.path).read {
                try String.fetchAll($0, sql: "SELECT text FROM notes")
            }
            #expect(texts == ["mine"])
        }
    }

    @Test("A prekey file from before versions is migrated", arguments: [false, true])
    func migration(hasWireRecord: Bool) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "prekeys.db")
            try await DatabaseQueue(path: file.path).write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE prekeys (prekey_id INTEGER PRIMARY KEY, private_key BLOB NOT NULL,
                            public_key BLOB NOT NULL, exp INTEGER NOT NULL, created_at INTEGER NOT NULL
                            \(hasWireRecord ? ", wire_record TEXT DEFAULT ''" : ""));
                        INSERT INTO prekeys (prekey_id, private_key, public_key, exp, created_at)
                            VALUES (7, zeroblob(32), zeroblob(32), 1800000100, 1800000000)
                        """
                )
            }
            let stores = try self.open(folder)
            #expect(try await stores.prekeys.secret(try Prekey.ID(7), now: self.now) != nil)
            let version = try await DatabaseQueue(path: file.path).read {
                try Int.fetchOne($0, sql: "PRAGMA user_version")
            }
            #expect(version == 2)
        }
    }

    @Test("The private half of a prekey works for a day after its record has expired, and then goes")
    func prekeyGrace() async throws {
        let stores = try MeshStores.memory()
        let prekey = try #require(
            try await stores.prekeys.generate(1, expires: self.now.adding(100), now: self.now).first
        )
        #expect(try await stores.prekeys.secret(prekey.id, now: self.now.adding(100 + 86_400)) != nil)
        #expect(try await stores.prekeys.secret(prekey.id, now: self.now.adding(100 + 86_701)) == nil)
        #expect(try await stores.prekeys.removeExpired(now: self.now.adding(100 + 86_701)) == 1)
    }

    @Test(
        "A prekey that is used or too old has its private half in no file, though these are open",
        arguments: [false, true]
    )
    func prekeyBytes(isUsed: Bool) async throws {
        try await withTemporaryFolder { folder in
            let prekeys = try self.open(folder).prekeys
            let made = try await prekeys.generate(3, expires: self.now.adding(100), now: self.now)
            _ = try await prekeys.generate(3, expires: self.now.adding(1_000_000), now: self.now)
            var keys: [Data] = []
            for prekey in made {
                let secret = try #require(try await prekeys.secret(prekey.id, now: self.now))
                keys.append(secret.key.withBytes { bytes in Data(bytes.indices.map { bytes[$0] }) })
            }
            #expect(try keys.allSatisfy { try Self.isInFiles($0, of: folder) })
            if isUsed {
                try await prekeys.remove(made.map(\.id))
            } else {
                #expect(try await prekeys.removeExpired(now: self.now.adding(100 + 86_701)) == 3)
            }
            #expect(try await prekeys.entries().count == 3)
            #expect(try !keys.contains { try Self.isInFiles($0, of: folder) })
            _ = try await prekeys.generate(1, expires: self.now.adding(1_000_000), now: self.now)
            #expect(try await prekeys.entries().count == 4)
        }
    }

    private static func isInFiles(_ bytes: Data, of folder: URL) throws -> Bool {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).contains {
            try Data(contentsOf: $0).range(of: bytes) != nil
        }
    }

    @Test("Messages survive a restart and are sealed on disk")
    func inbox() async throws {
        try await withTemporaryFolder { folder in
            let world = try World()
            let alice = try world.user("alice")
            let bob = try world.user("bob", stores: try self.open(folder))
            try await alice.befriend(bob)
            _ = try await alice.client.send("a very secret text", to: "bob")
            _ = try await bob.client.receive()
            let again = try world.user("bob", stores: try self.open(folder))
            #expect(try await again.client.inbox.list().map(\.text) == ["a very secret text"])
            #expect(try await again.client.receive().messages.isEmpty)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let bytes = try Data(contentsOf: folder.appending(path: name))
                #expect(bytes.range(of: Data("very secret".utf8)) == nil, "\(name)")
            }
            let other = try world.user("carol", stores: try self.open(folder))
            #expect(try await other.client.inbox.list().isEmpty)
        }
    }

    @Test("What the Python client has delivered isn't delivered again, and it learns what we have")
    func replayFile() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "replay_cache.json")
            let key = try Self.key(3)
            let text = """
                [["\(key.sender.hex)", "\(key.message.hex)", 1800000300], ["zz", "00", 1], [1, 2], "x",
                 ["\(key.sender.hex)", "\(try Self.key(4).message.hex)", 1799999999]]
                """
            try Data(text.utf8).write(to: file)
            let stores = try self.open(folder)
            let entries = try #require(try await stores.replayFile?.entries(now: self.now, logger: self.logger))
            try await stores.replay.merge(entries, now: self.now)
            #expect(try await stores.replay.claim(key) == .seen)
            #expect(try await stores.replay.claim(try Self.key(5)) == .granted)
            #expect(try await stores.replay.claim(try Self.key(5)) == .underWay)
            try await stores.replayFile?.add(
                [.init(key: try Self.key(5), expires: self.now.adding(9))],
                now: self.now,
                logger: self.logger
            )
            let written = try String(contentsOf: file, encoding: .utf8)
            let expected = [
                "[\"\(key.sender.hex)\", \"\(key.message.hex)\", 1800000300]",
                "[\"\(try Self.key(5).sender.hex)\", \"\(try Self.key(5).message.hex)\", 1800000009]",
            ].sorted().joined(separator: ", ")
            #expect(written == "[\(expected)]")
        }
    }

    @Test("A replay file that is no JSON array is kept aside", arguments: ["", "{}", "[", "\u{0}"])
    func brokenReplayFile(text: String) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "replay_cache.json")
            try Data(text.utf8).write(to: file)
            let stores = try self.open(folder)
            #expect(try await stores.replayFile?.entries(now: self.now, logger: self.logger) == [])
            #expect(FileManager.default.fileExists(atPath: file.path + ".broken-1800000000"))
            #expect(!FileManager.default.fileExists(atPath: file.path))
        }
    }

    @Test("A lock that another holds is noticed at once")
    func lock() async throws {
        try await withTemporaryFolder { folder in
            let lock = FolderLock(folder: folder, name: ".receiving")
            let inner = try await lock.tryLock {
                try await FolderLock(folder: folder, name: ".receiving").tryLock { 1 }
            }
            #expect(inner == .some(nil))
            #expect(try await lock.tryLock { 2 } == 2)
        }
    }

    private static func key(_ byte: UInt8) throws -> ReplayCache.Key {
        let sender = try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32))).publicKey
        return ReplayCache.Key(sender: sender, message: try MessageID([UInt8](repeating: byte, count: 16)))
    }
}
