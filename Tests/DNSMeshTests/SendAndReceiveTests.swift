import DMPNetwork
import DMPProtocol
import DNSMesh
import Testing

@Suite("Messages between two users")
struct SendAndReceiveTests {
    @Test(
        "A body of any size that fits arrives unchanged",
        arguments: [0, 1, 20, 21, 148, 149, 1_000, 3_732]
    )
    func sizes(byteCount: Int) async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let receipt = try await alice.client.send(body, to: "bob", lifetime: 300)
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.body) == [body])
        #expect(report.messages.first?.messageID == receipt.messageID)
        #expect(report.messages.first?.contact == "alice")
        #expect(report.dropped.isEmpty)
    }

    @Test("A second pass delivers nothing again")
    func once() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await alice.client.send("hello bob", to: "bob")
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello bob"])
        #expect(try await bob.client.receive().messages.isEmpty)
        #expect(try await bob.client.inbox.list().count == 1)
    }

    @Test("With a prekey the message is forward-secret, and the prekey is withdrawn and gone")
    func prekey() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let before = try await bob.client.refreshPrekeys(target: 3)
        #expect(before.published == 3)
        let receipt = try await alice.client.send("secret", to: "bob")
        guard case .prekey = receipt.forwardSecrecy else {
            Issue.record("no prekey was used: \(receipt.forwardSecrecy)")
            return
        }
        let report = try await bob.client.receive()
        #expect(report.messages.first?.isForwardSecret == true)
        #expect(await world.store.values(at: before.owner).count == 2)
        #expect(try await bob.client.refreshPrekeys(target: 3).requested == 1)
    }

    @Test("Six messages in a row use six prekeys and all arrive")
    func burst() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await bob.client.refreshPrekeys(target: 6)
        var used: Set<SendReceipt.ForwardSecrecy> = []
        for number in 1...6 {
            used.insert(try await alice.client.send("message \(number)", to: "bob").forwardSecrecy)
        }
        #expect(used.count == 6)
        let seventh = try await alice.client.send("message 7", to: "bob")
        #expect(seventh.forwardSecrecy == .none(.noneUsable))
        let texts = try await bob.client.receive().messages.compactMap(\.text)
        #expect(Set(texts) == Set((1...7).map { "message \($0)" }))
    }

    @Test("A prekey that expires long before the message is passed over for the long-term key")
    func prekeyLife() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await bob.client.refreshPrekeys(target: 1, lifetime: 3_600)
        world.advance(by: 3_599)
        // 86,401 seconds are left to it: enough for a day, not for a week.
        let week = try await alice.client.send("a week", to: "bob", lifetime: 7 * 86_400)
        #expect(week.forwardSecrecy != .none(.noneUsable))
        world.advance(by: 2)
        #expect(try await alice.client.send("later", to: "bob").forwardSecrecy == .none(.nonePublished))
        #expect(try await bob.client.receive().messages.count == 2)
    }

    @Test("A message of a stranger is not delivered, and goes to the queue of intros")
    func stranger() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let carol = try world.user("carol")
        try await carol.pin(bob)
        _ = try await carol.client.send("hi", to: "bob")
        _ = try await alice.client.send("hello", to: "bob")
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.text) == ["hello"])
        #expect(report.newIntros == 1 && report.dropped.isEmpty)
        #expect(try await bob.client.intros.list().map(\.text) == ["hi"])
    }

    @Test("Trust on first use delivers strangers only while nobody is pinned")
    func firstUse() async throws {
        let world = try World()
        let alice = try world.user("alice")
        let bob = try world.user("bob") { $0.allowsTrustOnFirstUse = true }
        try await alice.pin(bob)
        _ = try await alice.client.send("first", to: "bob")
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.text) == ["first"])
        #expect(report.messages.first?.contact == nil)
        let carol = try world.user("carol")
        try await bob.pin(carol)
        _ = try await alice.client.send("second", to: "bob")
        #expect(report.messages.first?.trust == .firstUse)
        #expect(try await bob.client.receive().newIntros == 1)
    }

    @Test("A message in the sender's own zone is found through the pinned contact")
    func crossZone() async throws {
        let world = try World()
        let alice = try world.user("alice", zone: "alice.test")
        let bob = try world.user("bob", zone: "bob.test")
        try await alice.befriend(bob)
        _ = try await bob.client.refreshPrekeys(target: 2)
        let receipt = try await alice.client.send("across", to: "bob@bob.test")
        #expect(receipt.forwardSecrecy != .none(.nonePublished))
        #expect(try await bob.client.receive().messages.map(\.text) == ["across"])
    }

    @Test("Envelopes go to those who advertise them, and carry the address")
    func envelope() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        #expect(try await alice.client.send("bare", to: "bob").carriesAddress == false)
        let alice2 = try world.user("alice")
        try await alice2.pin(bob)
        _ = try await bob.client.publishIdentity(advertisingEnvelope: true)
        _ = try await alice.client.publishIdentity()
        #expect(try await alice2.client.send("wrapped", to: "bob").carriesAddress)
        let messages = try await bob.client.receive().messages
        #expect(Set(messages.map(\.text)) == ["bare", "wrapped"])
        #expect(messages.first { $0.text == "wrapped" }?.verifiedAddress == "alice@mesh.test")
    }

    @Test("A text that looks like an envelope arrives whole")
    func envelopeLookAlike() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        let text = "DMPV2:{\"from\":\"mallory@evil.test\"}\nhello"
        _ = try await alice.client.send(text, to: "bob")
        let message = try #require(try await bob.client.receive().messages.first)
        #expect(message.text == text)
        #expect(message.verifiedAddress == "alice@mesh.test")
    }

    @Test("A body that only a shorter lifetime lets in gets it, unless the caller asked for a longer one")
    func digitsOfLifetime() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        for (byteCount, lifetime) in [(3_730, 86_400), (3_731, 9_999), (3_732, 999)] as [(Int, UInt64)] {
            let body = [UInt8](repeating: 1, count: byteCount)
            #expect(try await alice.client.send(body, to: "bob").lifetime == lifetime)
            #expect(try await bob.client.receive().messages.map(\.body) == [body])
        }
        let body = [UInt8](repeating: 1, count: 3_732)
        await #expect { try await alice.client.send(body, to: "bob", lifetime: 86_400) } throws: { error in
            let message = (error as? MeshError)?.message ?? ""
            return message.contains("at most 3730 fit (3732 with a lifetime below 1000 s)")
        }
    }

    @Test("A message past its lifetime is not delivered")
    func expired() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await alice.client.send("late", to: "bob", lifetime: 300)
        world.advance(by: 301)
        #expect(try await bob.client.receive().messages.isEmpty)
    }
}

/// Alice and Bob on one zone, each with the other pinned.
func acquainted(_ world: World) async throws -> (alice: User, bob: User) {
    let alice = try world.user("alice")
    let bob = try world.user("bob")
    try await alice.befriend(bob)
    return (alice, bob)
}
