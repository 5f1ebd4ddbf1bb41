import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSMesh
import Testing

@Suite("Identities")
struct IdentityTests {
    @Test("Publishing twice leaves one record")
    func republish() async throws {
        let world = try World()
        let alice = try world.user("alice")
        let first = try await alice.client.publishIdentity()
        world.advance(by: 10)
        let second = try await alice.client.publishIdentity(advertisingEnvelope: true)
        #expect(second.withdrawn == 1)
        #expect(first.owner.text == "id-2bd806c97f0e00af.mesh.test")
        #expect(await world.store.values(at: second.owner).count == 1)
    }

    @Test("Another identity on the same files doesn't withdraw the first one's record")
    func sharedFiles() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let alice = try world.user("alice", stores: stores)
        let other = try world.user("alice", keys: "somebody else", stores: stores)
        let receipt = try await alice.client.publishIdentity()
        #expect(try await other.client.publishIdentity().withdrawn == 0)
        #expect(await world.store.values(at: receipt.owner).count == 2)
    }

    @Test("An identity is found by its plain name and by its address")
    func fetch() async throws {
        let world = try World()
        let alice = try world.user("alice") { $0.identityZone = try? ZoneName("alice.example") }
        let bob = try world.user("bob")
        let receipt = try await alice.client.publishIdentity()
        #expect(receipt.owner.text == "dmp.alice.example")
        let found = try await bob.client.fetchIdentity(
            .address(username: Username("alice"), host: ZoneName("alice.example"))
        )
        #expect(found.record.fingerprint == alice.keys.fingerprint)
        await #expect {
            try await bob.client.fetchIdentity(.name(username: Username("alice"), zone: world.zone))
        } throws: { ($0 as? MeshError)?.code == .identityNotFound }
    }

    @Test("Two identities of one name are ambiguous until a fingerprint is accepted")
    func ambiguous() async throws {
        let world = try World()
        let alice = try world.user("alice")
        let squatter = try IdentityKeys(privateKey: SecretBytes(copying: [UInt8](repeating: 9, count: 32)))
        let bob = try world.user("bob")
        let receipt = try await alice.client.publishIdentity()
        let other = try IdentityRecord(
            username: "alice",
            encryptionKey: squatter.encryptionKey,
            signingKey: squatter.signingKey,
            issued: world.now,
            versions: [1]
        )
        await world.store.insert(try other.signed(by: squatter.ed25519).value, at: receipt.owner, ttl: 300)
        let query = IdentityQuery.name(username: try Username("alice"), zone: world.zone)
        await #expect { try await bob.client.fetchIdentity(query) } throws: { error in
            ((error as? MeshError)?.underlying as? AmbiguousIdentity)?.candidates.count == 2
        }
        let accepted = try await bob.client.fetchIdentity(query, accepting: alice.keys.fingerprint)
        #expect(accepted.record.signingKey == alice.keys.signingKey)
        await #expect { try await bob.client.fetchIdentity(query, accepting: bob.keys.fingerprint) } throws: {
            ($0 as? MeshError)?.code == .fingerprintMismatch
        }
    }

    @Test("A record of another user at the name is no identity of the one asked for")
    func wrongUser() async throws {
        let world = try World()
        let mallory = try world.user("mallory")
        let bob = try world.user("bob")
        let record = try IdentityRecord(
            username: "mallory",
            encryptionKey: mallory.keys.encryptionKey,
            signingKey: mallory.keys.signingKey,
            issued: world.now,
            versions: [1]
        )
        let owner = try OwnerName.hashedIdentity(of: "alice", in: world.zone)
        await world.store.insert(try record.signed(by: mallory.keys.ed25519).value, at: owner, ttl: 300)
        await #expect {
            try await bob.client.fetchIdentity(.name(username: Username("alice"), zone: world.zone))
        } throws: { ($0 as? MeshError)?.code == .identityInvalid }
    }

    @Test("An anchored name that can't be read is no reason to believe the hashed one")
    func unreadableAnchor() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let mallory = try world.user("alice", zone: "alice.example")
        _ = try await mallory.client.publishIdentity()
        let bob = try world.user("bob", reader: network)
        let query = IdentityQuery.address(username: try Username("alice"), host: try ZoneName("alice.example"))
        network.onRead { name, result in
            name.text.hasPrefix("dmp.") ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        await #expect { try await bob.client.fetchIdentity(query) } throws: { ($0 as? MeshError)?.code == .unavailable }
        network.onRead { name, result in
            name.text.hasPrefix("dmp.") ? .records([TXTValue("v=spf1 -all")]) : result
        }
        #expect(try await bob.client.fetchIdentity(query).record.signingKey == mallory.keys.signingKey)
    }

    @Test("A contact that was known by its signing key gets its encryption key and its zone")
    func completed() async throws {
        let world = try World()
        let alice = try world.user("alice", zone: "alice.test")
        let bob = try world.user("bob")
        _ = try await alice.client.publishIdentity()
        try await bob.client.contacts.put(
            Contact(name: "a", username: "", encryptionKey: nil, signingKey: alice.keys.signingKey, zone: nil)
        )
        let found = try await bob.client.fetchIdentity(.address(username: Username("alice"), host: alice.zone))
        guard case .completed(let contact) = try await bob.client.contacts.add(found, as: "alice", zone: found.host)
        else {
            Issue.record("it was added beside the one that is there")
            return
        }
        #expect(contact.name == "a" && contact.username == "alice" && contact.zone == alice.zone)
        #expect(contact.encryptionKey == alice.keys.encryptionKey)
    }

    @Test("A contact of the same name with other keys is not overwritten")
    func contactExists() async throws {
        let world = try World()
        let alice = try world.user("alice")
        let bob = try world.user("bob")
        let carol = try world.user("carol")
        _ = try await alice.client.publishIdentity()
        let found = try await bob.client.fetchIdentity(.name(username: Username("alice"), zone: world.zone))
        #expect(
            try await bob.client.contacts.add(found, as: "alice", zone: nil)
                == .added(try await bob.client.contacts.resolve("alice"))
        )
        guard case .alreadyThere = try await bob.client.contacts.add(found, as: "alice", zone: nil) else {
            Issue.record("the same keys are no conflict")
            return
        }
        try await bob.pin(carol, as: "alice")
        await #expect { try await bob.client.contacts.add(found, as: "alice", zone: nil) } throws: {
            ($0 as? MeshError)?.code == .contactExists
        }
    }
}
