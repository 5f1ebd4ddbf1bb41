import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("Fetching an identity that has replaced its keys")
struct FetchingRotatedIdentityTests {
    private let world: World
    private let network: FaultyNetwork<MemoryRecordStore>
    private let alice: User
    private let bob: User
    private let newBob: User
    private let query: IdentityQuery

    init() async throws {
        self.world = try World()
        self.network = FaultyNetwork(self.world.store)
        self.alice = try self.world.user("alice", reader: self.network)
        self.bob = try self.world.user("bob")
        self.newBob = try self.world.user("bob", keys: "bob's second keys")
        self.query = .name(username: try Username("bob"), zone: self.world.zone)
        for user in [self.bob, self.newBob] { _ = try await user.client.publishIdentity() }
    }

    private func fetch(accepting fingerprint: Fingerprint? = nil) async throws -> Fingerprint {
        try await self.alice.client.fetchIdentity(self.query, accepting: fingerprint).record.fingerprint
    }

    private func code(accepting fingerprint: Fingerprint? = nil) async -> MeshError.Code? {
        do {
            _ = try await self.fetch(accepting: fingerprint)
            return nil
        } catch {
            return (error as? MeshError)?.code
        }
    }

    @Test("Old and new record side by side are one identity once the old key has named the new one")
    func superseded() async throws {
        #expect(await self.code() == .ambiguousIdentity)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        #expect(try await self.fetch() == self.newBob.keys.fingerprint)
    }

    @Test("A revoked identity is left out, also for who accepts its fingerprint")
    func revoked() async throws {
        try await self.world.publishRevocation(of: self.bob)
        #expect(try await self.fetch() == self.newBob.keys.fingerprint)
        #expect(await self.code(accepting: self.bob.keys.fingerprint) == .fingerprintMismatch)
        try await self.world.publishRevocation(of: self.newBob)
        #expect(await self.code() == .identityRevoked)
    }

    @Test("A squatter's rotation of keys of its own doesn't touch the identity")
    func squatter() async throws {
        let squatter = try self.world.user("bob", keys: "a squatter")
        let second = try self.world.user("bob", keys: "the squatter's second keys")
        _ = try await squatter.client.publishIdentity()
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.world.publishRotation(from: squatter, to: second)
        #expect(try await self.fetch() == self.newBob.keys.fingerprint)
        _ = try await second.client.publishIdentity()
        #expect(await self.code() == .ambiguousIdentity)
    }

    @Test("Keys that name each other leave the choice to the user")
    func cycle() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.world.publishRotation(from: self.newBob, to: self.bob, sequence: 2)
        #expect(await self.code() == .ambiguousIdentity)
        #expect(try await self.fetch(accepting: self.bob.keys.fingerprint) == self.bob.keys.fingerprint)
    }

    @Test("A revocation that can't be read may be there")
    func unreadable() async throws {
        self.network.onRead { name, result in
            name.text.hasPrefix("rotate.") ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        #expect(await self.code(accepting: self.bob.keys.fingerprint) == .unavailable)
    }
}
