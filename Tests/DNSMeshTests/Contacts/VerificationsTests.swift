import DMPCrypto
import DMPProtocol
import DMPTesting
import Testing

@testable import DNSMesh

@Suite("Verified contacts")
struct VerificationsTests {
    @Test("Both sides see one code; the mark shows with each message and falls when a key changes")
    func mark() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let contact = try #require(try await bob.client.contacts.all().first)
        let other = try #require(try await alice.client.contacts.all().first)
        #expect(try bob.client.verifications.code(with: contact) == alice.client.verifications.code(with: other))

        _ = try await alice.client.send("one", to: "bob")
        try await bob.client.verifications.confirm(contact)
        _ = try await alice.client.send("two", to: "bob")
        #expect(try await bob.client.receive().messages.map(\.trust) == [.verified, .verified])

        let later = try world.user("alice", keys: "alice's other keys")
        for changed in [
            Contact(
                name: "alice",
                username: "alice",
                encryptionKey: later.keys.encryptionKey,
                signingKey: alice.keys.signingKey,
                zone: world.zone
            ),
            Contact(
                name: "alice",
                username: "alice",
                encryptionKey: alice.keys.encryptionKey,
                signingKey: later.keys.signingKey,
                zone: world.zone
            ),
        ] {
            #expect(try await bob.client.verifications.names(among: [changed]) == [])
        }
        #expect(try await bob.client.verifications.names(among: [contact]) == ["alice"])
        try await bob.client.verifications.withdraw(contact)
        #expect(try await bob.client.verifications.names(among: [contact]) == [])
    }

    @Test("A mark counts for the identity that has set it alone, and can't be made without its keys")
    func ownership() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let bob = try world.user("bob", stores: stores)
        let twin = try world.user("bob", keys: "other keys", stores: stores)
        let alice = try world.user("alice")
        try await bob.pin(alice)
        let contact = try #require(try await bob.client.contacts.all().first)
        #expect(try await !Verifications.areKept(in: stores))
        try await bob.client.verifications.confirm(contact)
        #expect(try await Verifications.areKept(in: stores))
        #expect(try await twin.client.verifications.names(among: [contact]) == [])
    }

    @Test("Without both keys there is nothing to compare")
    func incomplete() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        var contact = try #require(try await bob.client.contacts.all().first)
        contact.signingKey = nil
        await #expect { try await bob.client.verifications.confirm(contact) } throws: { error in
            (error as? MeshError)?.code == .contactNotPinned
        }
        contact.encryptionKey = nil
        contact.signingKey = alice.keys.signingKey
        #expect { try bob.client.verifications.code(with: contact) } throws: { error in
            (error as? MeshError)?.code == .contactWithoutEncryptionKey
        }
        try await bob.client.verifications.withdraw(contact)
    }
}
