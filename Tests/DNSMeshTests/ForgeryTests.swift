import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@testable import DNSMesh

@Suite("Messages that were copied from others")
struct ForgeryTests {
    @Test("A contact that re-signs another's message is refused, and the prekey survives")
    func resigned() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory")
        try await bob.pin(mallory)
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        try await world.republish(receipt, of: alice, as: mallory, for: bob)
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.text) == ["from alice"])
        #expect(report.messages.first?.contact == "alice")
        #expect(report.dropped == [.senderMismatch: 1])
    }

    @Test("A contact whose encryption key isn't known can't pass off another contact's message")
    func resignedByKeyless() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory")
        try await bob.client.contacts.put(
            Contact(
                name: "mallory",
                username: "mallory",
                encryptionKey: nil,
                signingKey: mallory.keys.signingKey,
                zone: world.zone
            )
        )
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        try await world.republish(receipt, of: alice, as: mallory, for: bob)
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.contact) == ["alice"])
        #expect(report.dropped == [.senderMismatch: 1])
    }

    @Test("A copy by an unknown author that comes first leaves the original its prekey")
    func copyFirst() async throws {
        let world = try World()
        let alice = try world.user("alice")
        let bob = try world.user("bob")
        let mallory = try world.user("mallory")
        try await alice.pin(bob)
        for (name, keys) in [("alice", alice.keys), ("mallory", mallory.keys)] {
            try await bob.client.contacts.put(
                Contact(name: name, username: name, encryptionKey: nil, signingKey: keys.signingKey, zone: world.zone)
            )
        }
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        let slot = try OwnerName.slot(receipt.messageID.slot, of: bob.keys.userID, in: world.zone)
        let original = try #require(await world.store.values(at: slot).first)
        try await world.republish(receipt, of: alice, as: mallory, for: bob)
        _ = try await world.store.delete(original, at: slot, deadline: ErasedClock(world.clock).now)
        #expect(try await bob.client.receive().messages.map(\.contact) == ["mallory"])
        try await bob.pin(alice)  // now its author can be checked
        await world.store.insert(original, at: slot, ttl: 300)
        #expect(try await bob.client.receive().messages.map(\.contact) == ["alice"])
    }

    @Test("A forged copy that comes alone is refused and burns no prekey")
    func forgedCopyAlone() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory")
        try await bob.pin(mallory)
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        let slot = try OwnerName.slot(receipt.messageID.slot, of: bob.keys.userID, in: world.zone)
        let original = try #require(await world.store.values(at: slot).first)
        try await world.republish(receipt, of: alice, as: mallory, for: bob)
        _ = try await world.store.delete(original, at: slot, deadline: ErasedClock(world.clock).now)
        #expect(try await bob.client.receive().dropped == [.senderMismatch: 1])
        await world.store.insert(original, at: slot, ttl: 300)
        let message = try #require(try await bob.client.receive().messages.first)
        #expect(message.contact == "alice" && message.isForwardSecret && message.trust == .pinned)
    }

    @Test("A stranger's copy of a contact's message is refused and burns no prekey")
    func strangersCopy() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory")
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        try await world.republish(receipt, of: alice, as: mallory, for: bob)
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.contact) == ["alice"])
        #expect(report.dropped == [.senderMismatch: 1] && report.newIntros == 0)
    }

    @Test("A contact that replays another's message from its own zone is refused, and the prekey survives")
    func replayedElsewhere() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory", zone: "mallory.test")
        try await bob.pin(mallory)
        _ = try await bob.client.refreshPrekeys(target: 1)
        let receipt = try await alice.client.send("from alice", to: "bob")
        let (slot, copied) = try (
            OwnerName.slot(receipt.messageID.slot, of: bob.keys.userID, in: world.zone),
            OwnerName.slot(receipt.messageID.slot, of: bob.keys.userID, in: mallory.zone)
        )
        let original = try #require(await world.store.values(at: slot).first)
        let manifest = try Signed<SlotManifest>(parsing: original, now: world.now).body
        for index in 0..<manifest.shareCount {
            let name = try OwnerName.chunk(index, of: manifest.chunkKey, in: world.zone)
            let chunk = try #require(await world.store.values(at: name).first)
            await world.store.insert(chunk, at: try .chunk(index, of: manifest.chunkKey, in: mallory.zone), ttl: 300)
        }
        await world.store.insert(original, at: copied, ttl: 300)
        _ = try await world.store.delete(original, at: slot, deadline: ErasedClock(world.clock).now)
        #expect(try await bob.client.receive().dropped == [.foreignZone: 1])
        await world.store.insert(original, at: slot, ttl: 300)
        let message = try #require(try await bob.client.receive().messages.first)
        #expect(message.contact == "alice" && message.isForwardSecret)
    }

    @Test("A message of one's own under another's message id keeps nobody from theirs", arguments: [true, false])
    func guessedID(keysAreKnown: Bool) async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let mallory = try world.user("mallory")
        for user in [alice, mallory] {
            try await bob.client.contacts.put(
                Contact(
                    name: user.name,
                    username: user.name,
                    encryptionKey: keysAreKnown ? user.keys.encryptionKey : nil,
                    signingKey: user.keys.signingKey,
                    zone: world.zone
                )
            )
        }
        let receipt = try await alice.client.send("from alice", to: "bob")
        let slot = try OwnerName.slot(receipt.messageID.slot, of: bob.keys.userID, in: world.zone)
        let original = try #require(await world.store.values(at: slot).first)
        _ = try await world.store.delete(original, at: slot, deadline: ErasedClock(world.clock).now)
        let own = try SealedMessage.seal(
            body: Array("from mallory".utf8),
            from: mallory.keys,
            to: bob.keys.userID,
            encryptingTo: bob.keys.encryptionKey,
            prekey: nil,
            messageID: receipt.messageID,
            timestamp: world.now,
            ttl: 300
        )
        for (index, chunk) in own.chunks.enumerated() {
            await world.store.insert(chunk, at: try .chunk(index, of: own.key, in: world.zone), ttl: 300)
        }
        await world.store.insert(own.manifest.value, at: slot, ttl: 300)
        #expect(try await bob.client.receive().messages.map(\.text) == ["from mallory"])
        await world.store.insert(original, at: slot, ttl: 300)
        #expect(try await bob.client.receive().messages.map(\.text) == ["from alice"])
    }
}
