import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import GRDB
import Synchronization

@testable import DNSMesh

/// What of a user outlives its processes: files, contacts, the keys that the passphrase gives.
final class SimulatedUser: Sendable {
    /// What is known of a user's keys and processes.
    struct State {
        /// The keys that the configuration names; earlier ones were replaced.
        var generation = 0
        /// The keys that a rotation is bringing, and whether it revokes the ones before.
        var pending: (generation: Int, revokes: Bool)?
        /// The keys of which a revocation may be out.
        var revoked: Set<Int> = []
        var processes: [Int: SimulatedProcess] = [:]
        /// How far the wall clock is off, in seconds.
        var jump = 0
        var everJumped = false
        /// Whether a clock that was ahead stood for so long that the files believed it.
        var hasBelievedFuture = false
        /// Whether something was put into the databases that no client puts there.
        var isTamperedWith = false
        var blocked: Set<Ed25519.PublicKey> = []
        var everBlocked: Set<Ed25519.PublicKey> = []
        /// Blocking or unblocking them was interrupted.
        var unsure: Set<Ed25519.PublicKey> = []
    }

    let index: Int
    let name: String
    let zone: ZoneName
    let contacts = MemoryContactStore()
    let state = Mutex(State())
    private let databases: UserDatabases?
    private let processList = ProcessList()
    /// Where real files are; `nil` for files in memory.
    private let folder: URL?

    init(index: Int, zone: ZoneName, folder: URL?) async throws {
        self.index = index
        self.name = "user\(index)"
        self.zone = zone
        self.folder = folder?.appending(path: "user\(index)")
        self.databases = folder == nil ? try await UsedDatabases.take() : nil
    }

    deinit {
        if let databases, !self.state.withLock(\.isTamperedWith) { UsedDatabases.give(databases) }
    }

    /// Opens the files, as a process does when it starts.
    func openStores(for gate: ProcessGate? = nil) throws -> MeshStores {
        if let databases = self.databases {
            var stores = MeshStores(
                prekeys: databases.prekeys,
                state: databases.state,
                intros: databases.intros,
                folder: nil
            )
            if let gate { stores.sending = self.processList.presence(of: gate) }
            return stores
        }
        guard let folder = self.folder else { throw CancellationError() }
        return try MeshStores.directory(folder)
    }

    var generation: Int { self.state.withLock(\.generation) }

    /// The keys of a generation, which come from the name alone.
    func keys(_ generation: Int) throws -> IdentityKeys { try Self.keys(of: self.index, generation) }

    /// The signing keys that the user has had, has, and is about to have.
    var signingKeys: Set<Ed25519.PublicKey> {
        get throws {
            let state = self.state.withLock { $0 }
            let last = state.pending?.generation ?? state.generation
            return Set(try (0...last).map { try self.keys($0).signingKey })
        }
    }

    private static let known = Mutex<[String: IdentityKeys]>([:])

    static func keys(of user: Int, _ generation: Int) throws -> IdentityKeys {
        let name = "user \(user), generation \(generation)"
        if let keys = self.known.withLock({ $0[name] }) { return keys }
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: SHA256.hash(Array(name.utf8))))
        self.known.withLock { $0[name] = keys }
        return keys
    }

    func pin(_ other: SimulatedUser) async throws {
        let keys = try other.keys(0)
        await self.contacts.apply(
            .put(
                Contact(
                    name: other.name,
                    username: other.name,
                    encryptionKey: keys.encryptionKey,
                    signingKey: keys.signingKey,
                    zone: other.zone
                )
            )
        )
    }
}
