import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import Testing

@testable import DNSMesh

@Suite("An address in one zone and a mailbox in another")
struct PublishingPlacesTests {
    /// Alice has an identity zone of her own beside the mesh, Bob only the mesh; each has pinned the other's address.
    private static func pair(
        _ world: World,
        bobReads reader: (any RecordReader)? = nil
    ) async throws -> (alice: User, bob: User) {
        let home = try ZoneName("alice.example")
        let alice = try world.user("alice") { $0.identityZone = home }
        let bob = try world.user("bob", reader: reader)
        for user in [alice, bob] {
            _ = try await user.client.publishIdentity()
            _ = try await user.client.refreshPrekeys(target: 2)
        }
        let found = try await bob.client.fetchIdentity(.address(username: try Username("alice"), host: home))
        _ = try await bob.client.contacts.add(found, as: "alice@alice.example", zone: home)
        try await alice.pin(bob)
        return (alice, bob)
    }

    @Test("Forward secrecy holds in both directions, and the contact remembers where the other publishes")
    func bothDirections() async throws {
        let world = try World()
        let (alice, bob) = try await Self.pair(world)
        let there = try await bob.client.send("to alice", to: "alice@alice.example")
        let back = try await alice.client.send("to bob", to: "bob")
        for receipt in [there, back] {
            guard case .prekey = receipt.forwardSecrecy else {
                Issue.record("\(receipt)")
                continue
            }
        }
        #expect(try await alice.client.receive().messages.map(\.text) == ["to alice"])
        #expect(try await bob.client.receive().messages.map(\.text) == ["to bob"])
    }

    @Test("Places are noted for messages and prekeys, the latest first, and forgotten after 90 days")
    func notes() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let places = PublishingPlaces(database: stores.state)
        let alice = try world.user("alice")
        let contact = Contact(
            name: "alice",
            username: "alice",
            encryptionKey: nil,
            signingKey: alice.keys.signingKey,
            zone: nil
        )
        let (one, two) = (try ZoneName("one.test"), try ZoneName("two.test"))
        try await places.note(.messages, [alice.keys.signingKey: [one]], now: world.now)
        try await places.note(.prekeys, [alice.keys.signingKey: [two]], now: world.now.adding(7_200))
        #expect(
            try await stores.publishingPlaces(of: contact) == [
                PublishingPlace(zone: two, kind: .prekeys, seen: world.now.adding(7_200)),
                PublishingPlace(zone: one, kind: .messages, seen: world.now),
            ]
        )
        try await places.note(.prekeys, [alice.keys.signingKey: [two]], now: world.now.adding(91 * 86_400))
        #expect(try await stores.publishingPlaces(of: contact).map(\.zone) == [two])
        #expect(try await stores.publishingPlaces(of: contact).map(\.seen) == [world.now.adding(91 * 86_400)])
        var unpinned = contact
        unpinned.signingKey = nil
        #expect(try await stores.publishingPlaces(of: unpinned) == [])
    }

    @Test("After a move to another mesh, a contact is still found where it was seen before")
    func moved() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let contacts = MemoryContactStore()
        let home = try ZoneName("alice.example")
        let alice = try world.user("alice") { $0.identityZone = home }
        let before = try world.user("bob", stores: stores, contacts: contacts)
        try await alice.pin(before)
        await contacts.apply(
            .put(
                Contact(
                    name: "alice",
                    username: "alice",
                    encryptionKey: alice.keys.encryptionKey,
                    signingKey: alice.keys.signingKey,
                    zone: home
                )
            )
        )
        _ = try await alice.client.refreshPrekeys(target: 2)
        _ = try await alice.client.send("one", to: "bob")
        #expect(try await before.client.receive().messages.map(\.text) == ["one"])
        let after = try world.user("bob", zone: "new.test", stores: stores, contacts: contacts)
        _ = try await alice.client.send("two", to: "bob")
        #expect(try await after.client.receive().messages.map(\.text) == ["two"])
        let receipt = try await after.client.send("back", to: "alice")
        #expect(receipt.forwardSecrecy != .none(.nonePublished))
    }

    @Test("Prekeys lie at the identity zone too, also under the hash of the whole address, until they are used")
    func mirrors() async throws {
        let world = try World()
        let (alice, bob) = try await Self.pair(world)
        let home = try ZoneName("alice.example")
        let names = [
            try OwnerName.prekeys(of: "alice", in: world.zone), try OwnerName.prekeys(of: "alice", in: home),
            try OwnerName.prekeys(of: "alice@alice.example", in: home),
        ]
        let all = Set(await world.store.values(at: names[0]))
        #expect(all.count == 2)
        for name in names { #expect(Set(await world.store.values(at: name)) == all, "\(name)") }
        _ = try await bob.client.send("to alice", to: "alice@alice.example")
        _ = try await alice.client.receive()
        let left = Set(await world.store.values(at: names[0]))
        #expect(left.count == 1)
        for name in names { #expect(Set(await world.store.values(at: name)) == left, "\(name)") }
    }

    @Test("A node that refuses the identity zone takes nothing from the mailbox zone")
    func refusedMirror() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        network.onPublish { name, _ in
            name.text.hasSuffix(".alice.example") ? .refused(NetworkFailure(.unauthorized, "not yours")) : nil
        }
        let home = try ZoneName("alice.example")
        let alice = try world.user("alice", writer: network) { $0.identityZone = home }
        let report = try await alice.client.refreshPrekeys(target: 3)
        #expect(report.published == 3 && report.live == 3 && report.failures.isEmpty)
        // One try at each of the two names.
        #expect(network.publishes.count { $0.name.text.hasSuffix(".alice.example") } == 2)
        let bob = try world.user("bob")
        try await bob.befriend(alice)
        _ = try await bob.client.send("to alice", to: "alice")
        _ = try await alice.client.receive()
        #expect(network.deletes.map(\.name) == [try OwnerName.prekeys(of: "alice", in: world.zone)])
    }
}
