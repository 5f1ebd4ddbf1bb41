import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSTransport
import Foundation
import Synchronization

/// Users on one memory store, with a clock that tests move.
final class World: Sendable {
    let clock = ManualClock()
    let store: MemoryRecordStore
    let zone: ZoneName

    init(caps: MemoryRecordStore.Caps = .node, zone: String = "mesh.test") throws {
        let time = TimeBox()
        self.store = MemoryRecordStore(caps: caps) { time.now }
        self.box = time
        self.zone = try ZoneName(zone)
    }

    private let box: TimeBox

    var now: UnixSeconds { self.box.now }

    func advance(by seconds: UInt64) { self.box.advance(by: seconds) }

    func goBack(by seconds: UInt64) { self.box.goBack(by: seconds) }

    /// A user whose keys come from the name alone, or another text, so that every run has the same ones.
    func user(
        _ name: String,
        keys seed: String? = nil,
        zone: String? = nil,
        stores: MeshStores? = nil,
        reader: (any RecordReader)? = nil,
        writer: (any RecordWriter)? = nil,
        publishes: Bool = true,
        contacts: any ContactStore = MemoryContactStore(),
        configure: (inout MeshConfiguration) -> Void = { _ in }
    ) throws -> User {
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: SHA256.hash(Array((seed ?? name).utf8))))
        var configuration = MeshConfiguration(
            username: try Username(name),
            zone: try zone.map { try ZoneName($0) } ?? self.zone
        )
        configure(&configuration)
        let box = self.box
        let client = try DMPClient(
            keys: keys,
            configuration: configuration,
            reader: reader ?? self.store,
            writer: publishes ? writer ?? self.store : nil,
            contacts: contacts,
            stores: try stores ?? .memory(),
            clock: ErasedClock(self.clock),
            now: { box.now }
        )
        return User(name: name, keys: keys, zone: configuration.zone, client: client)
    }
}

/// The wall clock of a world.
final class TimeBox: Sendable {
    private let seconds = Mutex<UInt64>(1_800_000_000)

    var now: UnixSeconds { self.seconds.withLock { UnixSeconds(rawValue: $0) } }

    func advance(by count: UInt64) { self.seconds.withLock { $0 += count } }

    func goBack(by count: UInt64) { self.seconds.withLock { $0 -= count } }
}

struct User: Sendable {
    let name: String
    let keys: IdentityKeys
    let zone: ZoneName
    let client: DMPClient

    /// Pins another user, as a fetched identity would.
    func pin(_ other: User, as name: String? = nil) async throws {
        try await self.client.contacts.put(
            Contact(
                name: name ?? other.name,
                username: other.name,
                encryptionKey: other.keys.encryptionKey,
                signingKey: other.keys.signingKey,
                zone: other.zone
            )
        )
    }

    /// Both pin each other.
    func befriend(_ other: User) async throws {
        try await self.pin(other)
        try await other.pin(self)
    }

    func texts(_ report: ReceiveReport) -> [String?] { report.messages.map(\.text) }
}

/// A folder that is removed when the closure ends.
func withTemporaryFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dnsmesh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
