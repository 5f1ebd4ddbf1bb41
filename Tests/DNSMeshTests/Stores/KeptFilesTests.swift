import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Foundation
import GRDB
import Logging
import Testing

@testable import DNSMesh

@Suite("Files that older versions and the Python client have left")
struct KeptFilesTests {
    /// Shortly after the files were made.
    private static let now = UnixSeconds(rawValue: 1_795_438_300)

    @Test("A state.db of schema 1 is brought to the newest one, and nothing in it is lost")
    func schemaOne() async throws {
        try await withTemporaryFolder { folder in
            let keys = try Self.unpack("schema-1", into: folder, passphrase: "the passphrase of bob")
            let stores = try Self.open(folder)
            let inbox = try Inbox(database: stores.state, keys: keys, logger: Self.logger)
            #expect(try await inbox.list().map(\.text) == ["the first message", "the second message", "third"])
            #expect(try await inbox.list().allSatisfy { $0.contact == "alice" && $0.isForwardSecret })
            #expect(try await inbox.waiting().isEmpty)
            #expect(try await stores.replay.entries(now: Self.now).count == 3)

            let outbox = Outbox(database: stores.state, seal: try StorageSeal(keys: keys, label: "outbox"))
            #expect(try await outbox.takeWaiting(after: 0, now: Self.now.adding(200))?.entry?.contact == "alice")
            let withdrawals = WithdrawalStore(database: stores.state)
            let owner = "prekeys.id-81b637d8fcd2.mesh.test"
            #expect(try await withdrawals.pending(now: Self.now).map(\.owner.text) == [owner])
            let version = try await stores.state.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
            #expect(version == StateStep.all.count && StateStep.all.count > 1)
        }
    }

    @Test("An identity published by a version that kept no lifetime is still known, and kept alive")
    func publicationOfSchemaOne() async throws {
        try await withTemporaryFolder { folder in
            let keys = try Self.unpack("schema-1", into: folder, passphrase: "the passphrase of bob")
            let client = try Self.client("bob", keys: keys, folder: folder)
            let standing = try await client.standing()
            #expect(standing.identityLifetime == 86_400)
            #expect(standing.identityExpires == UnixSeconds(rawValue: 1_795_524_678))
            #expect(standing.identityEndsIn == nil)
            #expect(try await client.publishIdentity().record.issued == Self.now)
        }
    }

    @Test("Prekeys that the Python client has published are live, and their private halves work")
    func referencePrekeys() async throws {
        try await withTemporaryFolder { folder in
            let keys = try Self.unpack("reference", into: folder, passphrase: "the passphrase of ref")
            let client = try Self.client("carol", keys: keys, folder: folder)
            #expect(try await client.standing().livePrekeys == 2)
            let stores = try Self.open(folder)
            for entry in try await stores.prekeys.entries() {
                let secret = try #require(try await stores.prekeys.secret(entry.prekey.id, now: Self.now))
                #expect(secret.key.publicKey == entry.prekey.publicKey)
            }
            #expect(try await client.lookForCopies() == CopySigns(foreign: 0, vanished: 0))
        }
    }

    @Test("What the Python client has delivered isn't delivered again")
    func referenceReplayCache() async throws {
        try await withTemporaryFolder { folder in
            _ = try Self.unpack("reference", into: folder, passphrase: "the passphrase of ref")
            let stores = try Self.open(folder)
            let entries = try #require(try await stores.replayFile?.entries(now: Self.now, logger: Self.logger))
            #expect(entries.map(\.key.message.hex) == ["2c415dd364ef49b897ff22f6559a9f15"])
            #expect(entries.map(\.expires.rawValue) == [1_795_524_680])
        }
    }

    @Test("A database that another program holds is reported after a while, and not taken for damaged")
    func busy() throws {
        let error = MeshError(using: "/x/state.db", failed: DatabaseError(resultCode: .SQLITE_BUSY))
        #expect(error.code == .busy && error.message.contains("/x/state.db is in use by another program"))
    }

    // MARK: Material

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func open(_ folder: URL) throws -> MeshStores {
        try .directory(folder, now: self.now, logger: self.logger)
    }

    private static func client(_ name: String, keys: IdentityKeys, folder: URL) throws -> DMPClient {
        let store = MemoryRecordStore { Self.now }
        return try DMPClient(
            keys: keys,
            configuration: MeshConfiguration(username: Username(name), zone: ZoneName("mesh.test")),
            reader: store,
            writer: store,
            contacts: MemoryContactStore(),
            stores: Self.open(folder),
            clock: ErasedClock(ManualClock()),
            now: { Self.now },
            logger: Self.logger
        )
    }

    /// Makes the databases from their dumps, and derives the keys of the folder's identity.
    private static func unpack(_ name: String, into folder: URL, passphrase: String) throws -> IdentityKeys {
        let kept = projectRoot.appending(path: "Tests/DNSMeshTests/Fixtures").appending(path: name)
        for file in try FileManager.default.contentsOfDirectory(at: kept, includingPropertiesForKeys: nil) {
            if file.pathExtension == "sql" {
                let database = file.deletingPathExtension().appendingPathExtension("db").lastPathComponent
                let dump = try String(contentsOf: file, encoding: .utf8)
                let queue = try DatabaseQueue(path: folder.appending(path: database).path)
                try queue.writeWithoutTransaction { try $0.execute(sql: dump) }
                try queue.close()
            } else {
                try FileManager.default.copyItem(at: file, to: folder.appending(path: file.lastPathComponent))
            }
        }
        let config = try String(contentsOf: kept.appending(path: "config.yaml"), encoding: .utf8)
        let salt = try #require(config.firstMatch(of: #/kdf_salt: '?([0-9a-f]+)'?/#)?.1)
        return try IdentityKeys.derive(passphrase: Array(passphrase.utf8), salt: try #require(Hex(String(salt))).bytes)
    }
}
