import DMPNetwork
import DMPProtocol
import DMPTesting
import Synchronization
import Testing

@testable import DNSMesh

@Suite("Rotating the own identity")
struct OwnRotationTests {
    private let world: World
    private let network: FaultyNetwork<MemoryRecordStore>
    private let alice: User
    private let stores: MeshStores
    private let bob: User
    /// Bob with the keys that he rotates to, on the same files.
    private let newBob: User
    private let contacts = MemoryContactStore()
    private let adoptions = Counter()

    init() async throws {
        self.world = try World()
        self.network = FaultyNetwork(self.world.store)
        self.alice = try self.world.user("alice")
        self.stores = try .memory()
        self.bob = try self.world.user("bob", stores: self.stores, contacts: self.contacts)
        self.newBob = try self.world.user(
            "bob",
            keys: "bob's second keys",
            stores: self.stores,
            reader: self.network,
            writer: self.network,
            contacts: self.contacts
        )
        try await self.alice.befriend(self.bob)
        _ = try await self.bob.client.publishIdentity(advertisingEnvelope: true)
        _ = try await self.bob.client.refreshPrekeys(target: 3)
    }

    private func rotate(_ reason: RevocationRecord.Reason = .routine) async throws -> RotationReport {
        let adoptions = self.adoptions
        return try await self.newBob.client.rotateIdentity(from: self.bob.keys, RotationRequest(reason: reason)) {
            adoptions.increment()
        }
    }

    private func code(_ body: () async throws -> some Sendable) async -> MeshError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? MeshError)?.code
        }
    }

    private func identities() async throws -> [IdentityRecord] {
        await self.world.store.values(at: try .hashedIdentity(of: "bob", in: self.world.zone)).compactMap {
            try? Signed<IdentityRecord>(parsing: $0, now: self.world.now).body
        }
    }

    @Test("A routine rotation leads contacts to the new keys, and leaves one identity with its versions")
    func routine() async throws {
        let report = try await self.rotate()
        #expect(!report.isRevoked && !report.isResumed && report.prekeys.published == 25)
        #expect(report.rotationName == (try self.world.rotationName(of: self.bob)))
        #expect(self.adoptions.count == 1)
        #expect(try await self.newBob.client.pendingRotation() == nil)
        let identities = try await self.identities()
        #expect(identities.map(\.signingKey) == [self.newBob.keys.signingKey])
        #expect(identities.map(\.versions) == [[1, 2]])
        let receipt = try await self.alice.client.send("hello", to: "bob")
        #expect(receipt.warnings.count == 1)
        guard case .prekey = receipt.forwardSecrecy else {
            Issue.record("the prekeys were not renewed")
            return
        }
        #expect(try await self.newBob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("What waits in the outbox with the old signature is not sent any more, as contacts may refuse it")
    func outbox() async throws {
        let cutOff = try self.world.user(
            "bob",
            stores: self.stores,
            reader: self.network,
            writer: self.network,
            contacts: self.contacts
        )
        self.network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        #expect(await self.code { try await cutOff.client.send("hello", to: "alice") } == .unavailable)
        self.network.onPublish { _, _ in nil }
        _ = try await self.rotate(.compromise)
        #expect(try await self.newBob.client.resumeSending() == 0)
        let mailbox = await self.world.store.names.filter { $0.text.hasPrefix("slot-") }
        #expect(mailbox.isEmpty)
        #expect(try await self.newBob.client.send("hello", to: "alice").resumed == false)
        #expect(try await self.newBob.client.resumeSending() == 0)
    }

    @Test(
        "A message that is out for the old keys, though no answer said so, is the same one when it is sent again",
        arguments: [false, true]
    )
    func sentAgain(afterResuming: Bool) async throws {
        let network = FaultyNetwork(self.world.store)
        let alice = try self.world.user("alice", writer: network)
        try await alice.pin(self.bob)
        network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        #expect(await self.code { try await alice.client.send("hello", to: "bob") } == .unavailable)
        let manifest = try #require(network.publishes.first { $0.name.text.hasPrefix("slot-") })
        await self.world.store.insert(manifest.value, at: manifest.name, ttl: 300)
        network.onPublish { _, _ in nil }
        _ = try await self.rotate()
        #expect(try await self.newBob.client.receive().messages.map(\.text) == ["hello"])
        self.world.advance(by: RotationFollower.freshness + 1)
        if afterResuming { #expect(try await alice.client.resumeSending() == 0) }
        let again = try await alice.client.send("hello", to: "bob")
        #expect(!again.resumed && again.warnings.count == 1)
        #expect(try await self.newBob.client.receive().messages.isEmpty)
        #expect(try await self.newBob.client.inbox.list().map(\.messageID) == [again.messageID])
        #expect(try await alice.client.resumeSending() == 0)
        #expect(try await alice.client.send("hello", to: "bob").messageID != again.messageID)
    }

    @Test("Old prekeys are taken back, and what was sealed for them or for the old key is still received for 30 days")
    func mailOnItsWay() async throws {
        _ = try await self.alice.client.send("under a prekey", to: "bob", lifetime: 30 * 86_400 - 300)
        try await self.alice.client.stores.setFollowsRotations(false, of: "bob")
        _ = try await self.rotate()
        let names = try OwnerName.prekeys(of: "bob", in: self.world.zone)
        let prekeys = await self.world.store.values(at: names)
        #expect(prekeys.count == 25)
        for value in prekeys {
            _ = try Signed<Prekey>(parsing: value, now: self.world.now, signer: self.newBob.keys.signingKey)
        }
        let late = try await self.alice.client.send("for the old key", to: "bob")
        #expect(late.forwardSecrecy == .none(.noneUsable))
        let messages = try await self.newBob.client.receive().messages
        #expect(Set(messages.compactMap(\.text)) == ["under a prekey", "for the old key"])
        self.world.advance(by: FormerIdentities.graceSeconds + 1)
        _ = try await self.alice.client.send("too late", to: "bob")
        #expect(try await self.newBob.client.receive().messages.isEmpty)
    }

    @Test("Received messages, and those of strangers, can be read under the new passphrase")
    func inbox() async throws {
        let carol = try self.world.user("carol")
        try await carol.pin(self.bob)
        _ = try await self.alice.client.send("kept", to: "bob")
        _ = try await carol.client.send("from a stranger", to: "bob")
        #expect(try await self.bob.client.receive().messages.count == 1)
        #expect(try await self.bob.client.intros.list().count == 1)
        _ = try await self.rotate()
        #expect(try await self.newBob.client.intros.list().count == 1)
        #expect(try await self.newBob.client.inbox.list().map(\.text) == ["kept"])
        #expect(try await self.bob.client.inbox.list().isEmpty)
    }

    @Test(
        "Compromise and loss revoke the old key, other reasons don't",
        arguments: [
            (RevocationRecord.Reason.routine, false), (.other, false), (.compromise, true), (.lostKey, true),
        ]
    )
    func revocation(_ reason: RevocationRecord.Reason, revokes: Bool) async throws {
        #expect(try await self.rotate(reason).isRevoked == revokes)
        #expect(await self.world.store.values(at: try self.world.rotationName(of: self.bob)).count == (revokes ? 2 : 1))
        let code = await self.code { try await self.alice.client.send("hello", to: "bob") }
        #expect(code == (revokes ? .contactDistrusted : nil))
    }

    @Test("A second rotation in the same second has a higher number, and both hops are followed")
    func twice() async throws {
        _ = try await self.rotate()
        let third = try self.world.user("bob", keys: "third keys", stores: self.stores, contacts: self.contacts)
        _ = try await third.client.rotateIdentity(from: self.newBob.keys) {}
        let values = await self.world.store.values(at: try self.world.rotationName(of: self.bob))
        let numbers = values.compactMap { try? Signed<RotationRecord>(parsing: $0, now: self.world.now).body.sequence }
        #expect(numbers.sorted() == [self.world.now.rawValue * 1_000, self.world.now.rawValue * 1_000 + 1])
        _ = try await self.alice.client.send("two hops", to: "bob")
        #expect(try await third.client.receive().messages.map(\.text) == ["two hops"])
        #expect(try await self.alice.client.contacts.resolve("bob").signingKey == third.keys.signingKey)
    }

    @Test("Mail to the keys before the last two rotations is still received")
    func formerTwice() async throws {
        _ = try await self.alice.client.send("first", to: "bob")
        _ = try await self.rotate()
        let third = try self.world.user("bob", keys: "third keys", stores: self.stores, contacts: self.contacts)
        _ = try await third.client.rotateIdentity(from: self.newBob.keys) {}
        #expect(try await third.client.receive().messages.map(\.text) == ["first"])
    }

    @Test(
        "Cut after any step, the same call completes the same rotation",
        arguments: RotationStep.allCases.dropFirst(2)
    )
    func cut(_ step: RotationStep) async throws {
        _ = try await self.alice.client.send("kept", to: "bob")
        _ = try await self.bob.client.receive()
        var rotation = await self.newBob.client.rotation()
        rotation.checkpoint = { if $0 == step { throw CancellationError() } }
        let adoptions = self.adoptions
        await #expect(throws: CancellationError.self) {
            try await rotation.run(from: self.bob.keys, RotationRequest()) { adoptions.increment() }
        }
        let pending = try #require(try await self.newBob.client.pendingRotation())
        #expect(pending.isUnderWay && pending.newKey == self.newBob.keys.signingKey)
        let rotations = await self.world.store.values(at: try self.world.rotationName(of: self.bob))
        self.world.advance(by: 100)
        // Where the configuration names the new key already, the old passphrase may be gone.
        let needsOld = self.adoptions.count == 0
        let report = try await self.newBob.client.rotateIdentity(from: needsOld ? self.bob.keys : nil) {
            adoptions.increment()
        }
        #expect(report.isResumed && self.adoptions.count > 0)
        #expect(await self.world.store.values(at: try self.world.rotationName(of: self.bob)) == rotations)
        #expect(try await self.identities().map(\.signingKey) == [self.newBob.keys.signingKey])
        #expect(try await self.newBob.client.inbox.list().map(\.text) == ["kept"])
        _ = try await self.alice.client.send("hello", to: "bob")
        #expect(try await self.newBob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test(
        "A node that fails at any record stops the rotation there, and the next call completes it",
        arguments: [
            "rotate.", "id-", "prekeys.",
        ]
    )
    func failing(_ prefix: String) async throws {
        self.network.onPublish { name, _ in
            name.text.hasPrefix(prefix) ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        if prefix == "prekeys." {
            #expect(try await self.rotate().prekeys.published == 0)
        } else {
            #expect(await self.code { try await self.rotate() } == .unavailable)
            #expect(self.adoptions.count == (prefix == "rotate." ? 0 : 1))
            self.network.onPublish { _, _ in nil }
            #expect(try await self.rotate().isResumed)
        }
        #expect(try await self.newBob.client.pendingRotation() == nil)
        #expect(try await self.identities().map(\.signingKey) == [self.newBob.keys.signingKey])
    }

    @Test("A rotation that the node refuses can be given up for another; one that may be out can't")
    func givenUp() async throws {
        let third = try self.world.user(
            "bob",
            keys: "third keys",
            stores: self.stores,
            writer: self.network,
            contacts: self.contacts
        )
        self.network.onPublish { _, _ in .unavailable(NetworkFailure(.timeout, "no answer")) }
        #expect(await self.code { try await self.rotate() } == .unavailable)
        #expect(
            await self.code { try await third.client.rotateIdentity(from: self.bob.keys) {} } == .rotationImpossible
        )
        self.network.onPublish { _, _ in .refused(NetworkFailure(.refused, "no")) }
        #expect(await self.code { try await self.rotate() } == .refused)
        #expect(
            await self.code { try await third.client.rotateIdentity(from: self.bob.keys) {} } == .rotationImpossible
        )
        self.network.onPublish { _, _ in nil }
        _ = try await self.rotate()
        self.network.onPublish { _, _ in .refused(NetworkFailure(.refused, "no")) }
        #expect(await self.code { try await third.client.rotateIdentity(from: self.newBob.keys) {} } == .refused)
        #expect(try await third.client.pendingRotation()?.isUnderWay == false)
        let fourth = try self.world.user("bob", keys: "fourth keys", stores: self.stores, contacts: self.contacts)
        #expect(try await fourth.client.rotateIdentity(from: self.newBob.keys) {}.isResumed == false)
    }

    @Test("What nobody could follow is refused before anything is published")
    func impossible() async throws {
        #expect(await self.code { try await self.newBob.client.rotateIdentity(from: nil) {} } == .invalidArgument)
        #expect(
            await self.code { try await self.newBob.client.rotateIdentity(from: self.newBob.keys) {} }
                == .invalidArgument
        )
        self.network.onRead { name, result in
            name.text.hasPrefix("rotate.") ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        #expect(await self.code { try await self.rotate() } == .unavailable)
        self.network.onRead { $1 }
        let third = try self.world.user("bob", keys: "third keys")
        try await self.world.publishRotation(from: self.newBob, to: self.bob)
        #expect(await self.code { try await self.rotate() } == .rotationImpossible)
        try await self.world.publishRotation(from: self.bob, to: third)
        #expect(
            await self.code { try await third.client.rotateIdentity(from: self.bob.keys) {} } == .rotationImpossible
        )
        try await self.world.publishRevocation(of: self.bob)
        #expect(await self.code { try await self.rotate() } == .rotationImpossible)
        let long = RotationRequest(validity: 157_680_001)
        #expect(
            await self.code { try await self.newBob.client.rotateIdentity(from: third.keys, long) {} }
                == .rotationImpossible
        )
        #expect(self.network.publishes.isEmpty && self.adoptions.count == 0)
        let reader = try self.world.user("bob", keys: "fourth keys", publishes: false)
        #expect(await self.code { try await reader.client.rotateIdentity(from: self.bob.keys) {} } == .noWriter)
    }

    @Test("Rotation and revocation are renewed with the identity")
    func renewed() async throws {
        _ = try await self.rotate(.compromise)
        let name = try self.world.rotationName(of: self.bob)
        let values = Set(await self.world.store.values(at: name))
        self.world.advance(by: 86_401)
        #expect(await self.world.store.values(at: name).isEmpty)
        _ = try await self.newBob.client.publishIdentity()
        #expect(Set(await self.world.store.values(at: name)) == values)
        self.network.onPublish { name, _ in
            name.text.hasPrefix("rotate.") ? .refused(NetworkFailure(.refused, "no")) : nil
        }
        #expect(await self.code { try await self.newBob.client.publishIdentity() } == .refused)
    }

    @Test("With an identity zone everything lies at the names of that zone")
    func anchored() async throws {
        let zone = try ZoneName("carol.example")
        let carol = try self.world.user("carol") { $0.identityZone = zone }
        let newCarol = try self.world.user("carol", keys: "carol's second keys") { $0.identityZone = zone }
        let report = try await newCarol.client.rotateIdentity(from: carol.keys) {}
        #expect(report.rotationName.text == "rotate.dmp.carol.example")
        #expect(report.identityName.text == "dmp.carol.example")
        let contact = Contact(
            name: "carol",
            username: "carol",
            encryptionKey: carol.keys.encryptionKey,
            signingKey: carol.keys.signingKey,
            zone: zone
        )
        try await self.alice.client.contacts.put(contact)
        _ = try await self.alice.client.send("hello", to: "carol")
        #expect(try await self.alice.client.contacts.resolve("carol").signingKey == newCarol.keys.signingKey)
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int { self.value.withLock(\.self) }

    func increment() { self.value.withLock { $0 += 1 } }
}
