import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("Sending to a contact that has replaced its keys")
struct SendingToRotatedContactTests {
    private let world: World
    private let network: FaultyNetwork<MemoryRecordStore>
    private let alice: User
    private let bob: User
    /// Bob after his rotation.
    private let newBob: User

    init() async throws {
        self.world = try World()
        self.network = FaultyNetwork(self.world.store)
        self.alice = try self.world.user("alice", reader: self.network, writer: self.network)
        self.bob = try self.world.user("bob")
        self.newBob = try self.world.user("bob", keys: "bob's second keys")
        try await self.alice.pin(self.bob)
        for user in [self.bob, self.newBob] { try await user.pin(self.alice) }
    }

    private func code(_ body: () async throws -> SendReceipt) async -> MeshError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? MeshError)?.code
        }
    }

    @Test("The message is sealed for the new keys, and the contact has them from then on")
    func followed() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity(advertisingEnvelope: true)
        _ = try await self.newBob.client.refreshPrekeys(target: 2)
        let receipt = try await self.alice.client.send("hello", to: "bob")
        #expect(receipt.forwardSecrecy != .none(.noneUsable) && receipt.carriesAddress)
        let change = KeyChange(
            contact: "bob",
            oldKey: self.bob.keys.signingKey,
            newKey: self.newBob.keys.signingKey,
            fingerprint: self.newBob.keys.fingerprint
        )
        #expect(receipt.warnings == [.keyChanged(change)])
        #expect(try await self.newBob.client.receive().messages.map(\.text) == ["hello"])
        #expect(try await self.bob.client.receive().messages.isEmpty)
        let contact = try await self.alice.client.contacts.resolve("bob")
        #expect(contact.signingKey == self.newBob.keys.signingKey)
        #expect(contact.encryptionKey == self.newBob.keys.encryptionKey)
        #expect(try await self.alice.client.send("again", to: "bob").warnings.isEmpty)
    }

    @Test("The new encryption key comes only from a record that the new key has signed")
    func identityOfAnother() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        let squatter = try self.world.user("bob", keys: "a squatter")
        _ = try await squatter.client.publishIdentity()
        #expect(await self.code { try await self.alice.client.send("hello", to: "bob") } == .contactKeysUnknown)
        #expect(self.network.publishes.isEmpty)
        #expect(try await self.alice.client.contacts.resolve("bob").signingKey == self.bob.keys.signingKey)
        _ = try await self.newBob.client.publishIdentity()
        #expect(try await self.alice.client.send("hello", to: "bob").warnings.count == 1)
    }

    @Test("A revoked contact gets nothing, also when the revocation is hidden later")
    func revoked() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.world.publishRevocation(of: self.bob)
        _ = try await self.newBob.client.publishIdentity()
        for _ in 0..<2 {
            #expect(await self.code { try await self.alice.client.send("hello", to: "bob") } == .contactDistrusted)
            self.network.onRead { name, result in name.text.hasPrefix("rotate.") ? .absent : result }
            self.world.advance(by: RotationFollower.freshness + 1)
        }
        #expect(self.network.publishes.isEmpty)
        do {
            _ = try await self.alice.client.send("hello", to: "bob")
        } catch let error as MeshError {
            #expect(error.message.contains("compromised") && error.message.contains("--add --replace"))
            #expect(!error.code.isNetworkFailure)
        }
    }

    @Test("A chain that can't be trusted is refused with its reason")
    func forked() async throws {
        let third = try self.world.user("bob", keys: "third keys")
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.world.publishRotation(from: self.bob, to: third, sequence: 2)
        await #expect {
            try await self.alice.client.send("hello", to: "bob")
        } throws: { error in
            (error as? MeshError)?.message.contains(ChainFault.forked.explanation) == true
        }
        #expect(self.network.publishes.isEmpty)
    }

    @Test("When nobody can be asked, the message goes to the pinned key, and the sender is told")
    func unchecked() async throws {
        let failure = NetworkFailure(.timeout, "no answer")
        self.network.onRead { name, result in name.text.hasPrefix("rotate.") ? .unavailable(failure) : result }
        let receipt = try await self.alice.client.send("hello", to: "bob")
        #expect(receipt.warnings == [.keyUnchecked(contact: "bob", failure)])
        #expect(try await self.bob.client.receive().messages.count == 1)
    }

    @Test("New keys that may have been revoked meanwhile are not used")
    func unconfirmed() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        self.network.onRead { name, result in
            name.text.hasPrefix("rotate.dmp.") ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        #expect(await self.code { try await self.alice.client.send("hello", to: "bob") } == .unavailable)
        self.network.onRead { $1 }
        #expect(try await self.alice.client.send("hello", to: "bob").warnings.count == 1)
    }

    @Test("With the switch off nothing is asked and nothing followed", arguments: [nil, "bob"])
    func switchedOff(_ contact: String?) async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.alice.client.stores.setFollowsRotations(false, of: contact)
        #expect(try await self.alice.client.stores.followsRotations(of: "bob") == false)
        #expect(try await self.alice.client.stores.followsRotations(of: nil) == (contact != nil))
        #expect(try await self.alice.client.send("hello", to: "bob").warnings.isEmpty)
        #expect(!self.network.reads.contains { $0.text.hasPrefix("rotate.") })
        #expect(try await self.bob.client.receive().messages.count == 1)
    }

    @Test("What waits in the outbox for the old keys is not sent any more")
    func outbox() async throws {
        self.network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        for text in ["one", "two"] {
            #expect(await self.code { try await self.alice.client.send(text, to: "bob") } == .unavailable)
        }
        self.network.onPublish { _, _ in nil }
        self.world.advance(by: RotationFollower.freshness + 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        let receipt = try await self.alice.client.send("one", to: "bob")
        #expect(!receipt.resumed && receipt.warnings.count == 1)
        #expect(try await self.alice.client.resumeSending() == 0)
        #expect(try await self.bob.client.receive().messages.isEmpty)
        #expect(try await self.newBob.client.receive().messages.map(\.text) == ["one"])
        #expect(try await self.alice.client.send("two", to: "bob").resumed == false)
    }
}
