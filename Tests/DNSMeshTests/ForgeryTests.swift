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
}
