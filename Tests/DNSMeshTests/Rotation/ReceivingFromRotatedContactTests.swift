import DMPCrypto
import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("Receiving from a contact that has replaced its keys")
struct ReceivingFromRotatedContactTests {
    private let world: World
    private let network: FaultyNetwork<MemoryRecordStore>
    private let alice: User
    private let bob: User
    /// Bob after his rotation.
    private let newBob: User

    init() async throws {
        self.world = try World()
        self.network = FaultyNetwork(self.world.store)
        self.alice = try self.world.user("alice", reader: self.network)
        self.bob = try self.world.user("bob")
        self.newBob = try self.world.user("bob", keys: "bob's second keys")
        try await self.alice.pin(self.bob)
        for user in [self.bob, self.newBob] { try await user.pin(self.alice) }
    }

    private func receive() async throws -> ReceiveReport { try await self.alice.client.receive() }

    /// Receives while no slot but that of one message can be read.
    private func receiveOnly(_ receipt: SendReceipt) async throws {
        self.network.onRead { name, result in
            name.text.hasPrefix("slot-\(receipt.messageID.slot.rawValue).") || !name.text.hasPrefix("slot-")
                ? result : .unavailable(NetworkFailure(.timeout, "no answer"))
        }
        #expect(try await self.receive().messages.contains { $0.messageID == receipt.messageID })
        self.network.onRead { $1 }
    }

    @Test("The new key is accepted and pinned; the old one counts for a week more, and no longer")
    func followed() async throws {
        _ = try await self.bob.client.send("old", to: "alice")
        try await self.world.publishRotation(from: self.bob, to: self.newBob, expires: 30 * 86_400)
        #expect(try await self.receive().messages.map(\.trust) == [.pinned])
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.newBob.client.send("new", to: "alice")
        _ = try await self.bob.client.send("old again", to: "alice")
        self.world.advance(by: 31)
        let report = try await self.receive()
        #expect(Set(report.messages.map(\.trust)) == [.pinned, .rotatedKey])
        #expect(report.messages.map(\.contact) == ["bob", "bob"])
        #expect(report.keyChanges.map(\.newKey) == [self.newBob.keys.signingKey])
        let contact = try await self.alice.client.contacts.resolve("bob")
        #expect(contact.signingKey == self.newBob.keys.signingKey)
        #expect(contact.encryptionKey == self.newBob.keys.encryptionKey)
        _ = try await self.bob.client.send("while the rotation is being completed", to: "alice")
        #expect(try await self.receive().messages.map(\.trust) == [.rotatedKey])
        self.world.advance(by: RotationFollower.completionSeconds)
        _ = try await self.bob.client.send("too late", to: "alice")
        _ = try await self.newBob.client.send("in time", to: "alice")
        let later = try await self.receive()
        #expect(later.messages.map(\.text) == ["in time"] && later.messages.map(\.trust) == [.pinned])
        #expect(later.newIntros == 1 && later.dropped.isEmpty && later.keyChanges.isEmpty)
    }

    @Test("Without the new identity record the new key is accepted, and the old one isn't any more")
    func unpublished() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob, expires: 30 * 86_400)
        _ = try await self.newBob.client.send("new", to: "alice")
        let report = try await self.receive()
        #expect(report.messages.map(\.trust) == [.rotatedKey] && report.keyChanges.isEmpty)
        #expect(try await self.alice.client.contacts.resolve("bob").signingKey == self.bob.keys.signingKey)
        self.world.advance(by: RotationFollower.completionSeconds + 1)
        _ = try await self.bob.client.send("old", to: "alice")
        let later = try await self.receive()
        #expect(later.messages.isEmpty && later.dropped == [.abandonedKey: 1])
    }

    @Test("What the old key signed before it was replaced is delivered, also when the new one is pinned already")
    func sentBefore() async throws {
        _ = try await self.bob.client.send("before", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob, expires: 30 * 86_400)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.alice.client.send("which pins the new keys", to: "bob")
        #expect(try await self.alice.client.contacts.resolve("bob").signingKey == self.newBob.keys.signingKey)
        let report = try await self.receive()
        #expect(report.messages.map(\.text) == ["before"] && report.messages.map(\.trust) == [.rotatedKey])
        #expect(report.messages.map(\.contact) == ["bob"])
        self.world.advance(by: RotationFollower.completionSeconds + 1)
        _ = try await self.bob.client.send("after", to: "alice")
        let later = try await self.receive()
        #expect(later.messages.isEmpty && later.newIntros == 1)
    }

    @Test(
        "What the old key signed before it was replaced is delivered, also when its successor was revoked",
        arguments: [false, true]
    )
    func successorRevoked(pinsNewKey: Bool) async throws {
        _ = try await self.bob.client.send("before", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        if pinsNewKey {
            _ = try await self.newBob.client.publishIdentity()
            _ = try await self.alice.client.send("which pins the new keys", to: "bob")
        } else {
            let receipt = try await self.newBob.client.send("new", to: "alice")
            try await self.receiveOnly(receipt)
        }
        try await self.world.publishRevocation(of: self.newBob)
        self.world.advance(by: RotationFollower.freshness + 1)
        _ = try await self.newBob.client.send("of a thief", to: "alice")
        _ = try await self.receive()
        let texts = try await self.alice.client.inbox.list().compactMap(\.text).sorted()
        #expect(texts == (pinsNewKey ? ["before"] : ["before", "new"]))
    }

    @Test("What the old key signed before it was replaced is delivered although the new one was in use before")
    func abandonedBefore() async throws {
        _ = try await self.bob.client.send("before", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        let receipt = try await self.newBob.client.send("new", to: "alice")
        try await self.receiveOnly(receipt)
        let later = try await self.receive()
        #expect(try await self.alice.client.inbox.list().compactMap(\.text).sorted() == ["before", "new"])
        #expect(later.dropped.isEmpty)
    }

    @Test("A message that came before its sender's rotation could be seen leaves the intros once it can")
    func lateRotation() async throws {
        self.network.onRead { name, result in name.text.hasPrefix("rotate.") ? .absent : result }
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.newBob.client.send("new", to: "alice")
        #expect(try await self.receive().newIntros == 1)
        self.network.onRead { $1 }
        self.world.advance(by: RotationFollower.freshness + 1)
        let report = try await self.receive()
        #expect(report.messages.map(\.text) == ["new"] && report.messages.map(\.trust) == [.rotatedKey])
        #expect(try await self.alice.client.intros.list().isEmpty)
    }

    @Test(
        "Who is blocked stays blocked under the keys that follow, pinned or not, until unblocked",
        arguments: [false, true]
    )
    func blocked(pinsNewKey: Bool) async throws {
        let alice = self.alice.client
        try await alice.intros.block(self.bob.keys.signingKey, now: self.world.now)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        if pinsNewKey { _ = try await alice.send("which pins the new keys", to: "bob") }
        let pinned = pinsNewKey ? self.newBob : self.bob
        #expect(try await alice.contacts.resolve("bob").signingKey == pinned.keys.signingKey)
        _ = try await self.newBob.client.send("new", to: "alice")
        let report = try await self.receive()
        #expect(report.messages.isEmpty && report.dropped == [.blockedSender: 1] && report.newIntros == 0)
        #expect(try await alice.intros.unblock(pinned.keys.signingKey))
        #expect(try await self.receive().messages.map(\.text) == ["new"])
    }

    @Test("A block holds for what the contact signed before with a key that it has replaced")
    func blockedFormer() async throws {
        _ = try await self.bob.client.send("before", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.alice.client.send("which pins the new keys", to: "bob")
        try await self.alice.client.intros.block(self.newBob.keys.signingKey, now: self.world.now)
        let report = try await self.receive()
        #expect(report.messages.isEmpty && report.dropped == [.blockedSender: 1])
    }

    @Test("What a key in the middle of a chain has signed is delivered")
    func middleKey() async throws {
        let last = try self.world.user("bob", keys: "bob's third keys")
        try await self.world.publishRotation(from: self.bob, to: self.newBob, sequence: 1)
        _ = try await self.newBob.client.send("from the middle", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.newBob, to: last, sequence: 2)
        _ = try await last.client.publishIdentity()
        #expect(try await self.receive().messages.map(\.text) == ["from the middle"])
    }

    @Test("What a key signed before it was replaced and revoked is refused")
    func revokedBefore() async throws {
        _ = try await self.bob.client.send("before", to: "alice")
        self.world.advance(by: 1)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.alice.client.send("which pins the new keys", to: "bob")
        try await self.world.publishRevocation(of: self.bob)
        self.world.advance(by: RotationFollower.freshness + 1)
        #expect(try await self.receive().messages.isEmpty)
    }

    @Test("A revoked key is refused although it is pinned, also when the revocation is hidden; its successor too")
    func revoked() async throws {
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        try await self.world.publishRevocation(of: self.bob)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.bob.client.send("stolen", to: "alice")
        _ = try await self.newBob.client.send("new", to: "alice")
        for round in 0..<2 {
            let report = try await self.receive()
            #expect(report.messages.isEmpty && report.dropped == [.revokedKey: 1])
            #expect(report.newIntros == (round == 0 ? 1 : 0))
            self.network.onRead { name, result in name.text.hasPrefix("rotate.") ? .absent : result }
            self.world.advance(by: RotationFollower.freshness + 1)
        }
    }

    @Test("When nobody can be asked, the pinned key counts and another doesn't, for now")
    func unreadable() async throws {
        self.network.onRead { name, result in
            name.text.hasPrefix("rotate.dmp.") ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        _ = try await self.bob.client.send("old", to: "alice")
        _ = try await self.newBob.client.send("new", to: "alice")
        let report = try await self.receive()
        #expect(report.messages.map(\.text) == ["old"] && report.dropped == [.unknownSender: 1])
        self.network.onRead { $1 }
        #expect(try await self.receive().messages.map(\.text) == ["new"])
    }

    @Test("The new key speaks in its contact's zone and in ours, and nowhere else")
    func zones() async throws {
        let far = try self.world.user("bob", keys: "bob", zone: "bob.test")
        let newFar = try self.world.user("bob", keys: "far keys", zone: "bob.test")
        let carol = try self.world.user("carol", zone: "carol.test")
        let elsewhere = try self.world.user("bob", keys: "far keys", zone: "carol.test")
        try await self.alice.pin(far)
        try await self.alice.pin(carol)
        for user in [newFar, elsewhere] { try await user.pin(self.alice) }
        try await self.world.publishRotation(from: far, to: newFar)
        _ = try await elsewhere.client.send("elsewhere", to: "alice")
        #expect(try await self.receive().newIntros == 1)
        _ = try await newFar.client.publishIdentity()
        _ = try await newFar.client.send("here", to: "alice")
        let report = try await self.receive()
        #expect(report.messages.map(\.text) == ["here"] && report.keyChanges.count == 1)
        #expect(try await self.receive().messages.isEmpty)
        #expect(try await self.alice.client.intros.list().map(\.text) == ["elsewhere"])
    }

    @Test("With the switch off a new key is a stranger's, and nobody is asked")
    func switchedOff() async throws {
        try await self.alice.client.stores.setFollowsRotations(false, of: "bob")
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.send("new", to: "alice")
        #expect(try await self.receive().newIntros == 1)
        #expect(!self.network.reads.contains { $0.text.hasPrefix("rotate.") })
    }

    @Test("What the new key has signed and another contact has written is refused")
    func copied() async throws {
        let carol = try self.world.user("carol")
        try await self.alice.befriend(carol)
        try await self.world.publishRotation(from: self.bob, to: self.newBob)
        _ = try await self.newBob.client.publishIdentity()
        let receipt = try await carol.client.send("from carol", to: "alice")
        try await self.world.republish(receipt, of: carol, as: self.newBob, for: self.alice)
        let report = try await self.receive()
        #expect(report.messages.map(\.contact) == ["carol"])
        #expect(report.dropped == [.senderMismatch: 1])
    }
}
