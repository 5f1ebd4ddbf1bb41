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
        try await republish(receipt, of: alice, as: mallory, for: bob, in: world)
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
        try await republish(receipt, of: alice, as: mallory, for: bob, in: world)
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
        try await republish(receipt, of: alice, as: mallory, for: bob, in: world)
        _ = try await world.store.delete(original, at: slot, deadline: ErasedClock(world.clock).now)
        #expect(try await bob.client.receive().messages.map(\.contact) == ["mallory"])
        try await bob.pin(alice)  // now its author can be checked
        await world.store.insert(original, at: slot, ttl: 300)
        #expect(try await bob.client.receive().messages.map(\.contact) == ["alice"])
    }

    /// What an attacker does who is a contact: the same chunks under the attacker's name and signature.
    private func republish(
        _ receipt: SendReceipt,
        of sender: User,
        as attacker: User,
        for recipient: User,
        in world: World
    ) async throws {
        let slot = try OwnerName.slot(receipt.messageID.slot, of: recipient.keys.userID, in: world.zone)
        let value = try #require(await world.store.values(at: slot).first)
        let stolen = try Signed<SlotManifest>(parsing: value, now: world.now).body
        let forged = try SlotManifest(
            messageID: stolen.messageID,
            sender: attacker.keys.signingKey,
            recipient: stolen.recipient,
            shareCount: stolen.shareCount,
            dataCount: stolen.dataCount,
            prekey: stolen.prekey,
            issued: stolen.issued,
            expires: stolen.expires,
            chunkHashes: stolen.chunkHashes
        )
        for index in 0..<stolen.shareCount {
            let chunk = try #require(
                await world.store.values(at: .chunk(index, of: stolen.chunkKey, in: world.zone)).first
            )
            await world.store.insert(chunk, at: try .chunk(index, of: forged.chunkKey, in: world.zone), ttl: 300)
        }
        await world.store.insert(try forged.signed(by: attacker.keys.ed25519).value, at: slot, ttl: 300)
    }
}
