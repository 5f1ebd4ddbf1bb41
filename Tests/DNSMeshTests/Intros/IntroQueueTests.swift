import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import Foundation
import GRDB
import Logging
import Testing

@testable import DNSMesh

@Suite("The queue of intros")
struct IntroQueueTests {
    /// Bob knows Alice; Carol knows Bob, who doesn't know her.
    private static func people(_ world: World, stores: MeshStores? = nil) async throws -> (bob: User, carol: User) {
        let bob = try world.user("bob", stores: stores)
        let (alice, carol) = try (world.user("alice"), world.user("carol"))
        try await bob.pin(alice)
        try await carol.pin(bob)
        return (bob, carol)
    }

    @Test("A stranger's message waits, comes once, and goes to the inbox when it is accepted")
    func accept() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        _ = try await bob.client.refreshPrekeys(target: 1)
        _ = try await carol.client.send("hello", to: "bob")
        #expect(try await bob.client.receive().newIntros == 1)
        #expect(try await bob.client.receive().newIntros == 0)
        #expect(try await bob.client.inbox.list().isEmpty)
        let intro = try #require(try await bob.client.intros.list().first)
        #expect(intro.text == "hello" && intro.senderKey == carol.keys.signingKey && intro.zone == world.zone.text)
        #expect(intro.isForwardSecret && intro.sentAt == world.now && intro.receivedAt == world.now)
        #expect(intro.verifiedAddress == nil && intro.expires == world.now.adding(86_400))
        #expect(await world.store.values(at: try .prekeys(of: "bob", in: world.zone)).isEmpty, "withdrawn")

        let message = try #require(try await bob.client.intros.accept(intro.id))
        #expect(message.text == "hello" && message.trust == .acceptedIntro && message.contact == nil)
        #expect(try await bob.client.inbox.waiting() == [message])
        #expect(try await bob.client.intros.accept(intro.id) == nil)
        #expect(try await bob.client.intros.list().isEmpty)
        try await bob.client.inbox.acknowledge([message])
        #expect(try await bob.client.receive().messages.isEmpty)
    }

    @Test("What waits of somebody who becomes a contact is delivered")
    func promotion() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        _ = try await carol.client.send("before", to: "bob")
        _ = try await bob.client.receive()
        world.advance(by: 90_000)  // the mailbox has forgotten it
        try await bob.pin(carol)
        let message = try #require(try await bob.client.receive().messages.first)
        #expect(message.text == "before" && message.contact == "carol" && message.trust == .pinned)
        #expect(try await bob.client.intros.list().isEmpty)
    }

    @Test("What a contact's key has signed but another wrote stays in the queue")
    func noPromotionOfCopies() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        _ = try await carol.client.send("carol's words", to: "bob")
        _ = try await bob.client.receive()
        try await bob.client.contacts.put(
            Contact(
                name: "dave",
                username: "dave",
                encryptionKey: try world.user("dave").keys.encryptionKey,
                signingKey: carol.keys.signingKey,
                zone: world.zone
            )
        )
        #expect(try await bob.client.receive().messages.isEmpty)
        #expect(try await bob.client.intros.list().count == 1)
    }

    @Test("Who is blocked is refused, as a stranger and as a contact, until unblocked")
    func block() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        for text in ["one", "two"] { _ = try await carol.client.send(text, to: "bob") }
        #expect(try await bob.client.receive().newIntros == 2)
        let intros = bob.client.intros
        try await intros.block(carol.keys.signingKey, note: "spam", now: world.now)
        try await intros.block(carol.keys.signingKey, note: "again", now: world.now)
        #expect(try await intros.list().isEmpty)
        #expect(
            try await intros.blockedSenders() == [
                BlockedSender(senderKey: carol.keys.signingKey, blocked: world.now, note: "spam")
            ]
        )
        _ = try await carol.client.send("three", to: "bob")
        #expect(try await bob.client.receive().dropped == [.blockedSender: 1])
        try await bob.pin(carol)
        #expect(try await bob.client.receive().dropped == [.blockedSender: 1])
        #expect(try await intros.unblock(carol.keys.signingKey))
        #expect(try await !intros.unblock(carol.keys.signingKey))
        #expect(try await bob.client.receive().messages.map(\.text) == ["three"])
    }

    @Test("One sender has ten places, and the rest stays in the mailbox")
    func senderBound() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        for number in 1...12 { _ = try await carol.client.send("message \(number)", to: "bob") }
        var reports: [ReceiveReport] = []
        for _ in 1...4 { reports.append(try await bob.client.receive()) }
        #expect(reports.map(\.newIntros) == [4, 4, 2, 0])
        let dropped: [[DropReason: Int]] = [
            [.unknownSender: 8], [.unknownSender: 4], [.introQueueFull: 2], [.introQueueFull: 2],
        ]
        #expect(reports.map(\.dropped) == dropped)
        #expect(try await bob.client.intros.purge(all: true, now: world.now) == 10)
        #expect(try await bob.client.receive().newIntros == 2)
    }

    @Test("A purge removes what has expired")
    func purge() async throws {
        let world = try World()
        let (bob, carol) = try await Self.people(world)
        _ = try await carol.client.send("old", to: "bob", lifetime: 100)
        _ = try await carol.client.send("new", to: "bob", lifetime: 1_000)
        _ = try await bob.client.receive()
        world.advance(by: 200)
        #expect(try await bob.client.intros.purge(now: world.now) == 1)
        #expect(try await bob.client.intros.list().map(\.text) == ["new"])
    }

    @Test("A damaged row hides no other, neither from the list nor from the pass, and is counted in a warning")
    func damagedRows() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let (bob, carol) = try await Self.people(world, stores: stores)
        _ = try await carol.client.send("first", to: "bob")
        _ = try await bob.client.receive()
        try await stores.state.write { database in
            for number in 1...3 {
                let key = number == 1 ? Data(carol.keys.signingKey.bytes) : Data(repeating: 0xEE, count: number)
                try database.execute(
                    sql: "INSERT INTO intros (sender_key, message_id, sealed, expires) VALUES (?, ?, x'00', 'never')",
                    arguments: [key, Data([UInt8(number)])]
                )
            }
        }
        _ = try await carol.client.send("second", to: "bob")
        #expect(try await bob.client.receive().newIntros == 1)
        #expect(Set(try await bob.client.intros.list().map(\.text)) == ["first", "second"])
        try await bob.pin(carol)
        #expect(Set(try await bob.client.receive().messages.map(\.text)) == ["first", "second"])
        #expect(try await bob.client.intros.list().isEmpty)
    }

    @Test("The texts are sealed on disk, and another identity of the folder doesn't see them")
    func sealed() async throws {
        try await withTemporaryFolder { folder in
            let world = try World()
            let (bob, carol) = try await Self.people(world, stores: try .directory(folder, now: world.now))
            _ = try await carol.client.send("a very secret text", to: "bob")
            _ = try await bob.client.receive()
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let bytes = try Data(contentsOf: folder.appending(path: name))
                #expect(bytes.range(of: Data("very secret".utf8)) == nil, "\(name)")
            }
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let stores = try MeshStores.directory(folder, now: world.now, logger: quiet)
            let again = try world.user("bob", stores: stores)
            #expect(try await again.client.intros.list().map(\.text) == ["a very secret text"])
            let other = try world.user("dave", stores: stores)
            #expect(try await other.client.intros.list().isEmpty)
        }
    }
}

@Suite("Intros of the Python client")
struct SharedIntrosTests {
    private let now = UnixSeconds(rawValue: 1_800_000_000)

    private static func insert(_ text: String, from sender: User, number: UInt8, into stores: MeshStores) async throws {
        try await stores.intros.write { database in
            try database.execute(
                sql: """
                    INSERT INTO intros
                    (sender_spk, msg_id, plaintext, sender_mailbox_domain, sender_label, received_at, msg_exp)
                    VALUES (?, ?, ?, 'carol.test', 'carol@carol.test', 1799999990, 1800000300)
                    """,
                arguments: [
                    Data(sender.keys.signingKey.bytes), Data(repeating: number, count: 16), Data(text.utf8),
                ]
            )
        }
    }

    private static func count(_ stores: MeshStores) async throws -> Int? {
        try await stores.intros.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM intros") }
    }

    @Test("They show here, and leave both files when they are accepted")
    func mirrored() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let (bob, carol) = try (world.user("bob", stores: stores), world.user("carol"))
        try await Self.insert("from python", from: carol, number: 1, into: stores)
        let intro = try #require(try await bob.client.intros.list().first)
        #expect(intro.text == "from python" && intro.verifiedAddress == "carol@carol.test")
        #expect(intro.zone == "carol.test" && intro.expires.rawValue == 1_800_000_300)
        #expect(try await bob.client.intros.list().map(\.id) == [intro.id], "the number stays")
        #expect(try await Self.count(stores) == 1, "the other client still has it")
        let message = try #require(try await bob.client.intros.accept(intro.id))
        #expect(message.verifiedAddress == "carol@carol.test" && message.trust == .acceptedIntro)
        #expect(try await Self.count(stores) == 0)
    }

    @Test("What was handled there is gone here, and what was delivered here goes there")
    func handledElsewhere() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let (bob, carol) = try (world.user("bob", stores: stores), world.user("carol"))
        try await Self.insert("one", from: carol, number: 1, into: stores)
        try await Self.insert("two", from: carol, number: 2, into: stores)
        #expect(try await bob.client.intros.list().count == 2)
        try await stores.intros.write {
            try $0.execute(sql: "DELETE FROM intros WHERE plaintext = CAST('one' AS BLOB)")
        }
        let left = try await bob.client.intros.list()
        #expect(left.map(\.text) == ["two"])
        // A crash between the two files: delivered here, still there.
        _ = try await bob.client.intros.accept(left[0].id)
        try await Self.insert("two", from: carol, number: 2, into: stores)
        #expect(try await bob.client.intros.list().isEmpty)
        #expect(try await Self.count(stores) == 0)
    }

    @Test("A row of another shape costs itself alone")
    func damagedRow() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let (bob, carol) = try (world.user("bob", stores: stores), world.user("carol"))
        try await Self.insert("sound", from: carol, number: 1, into: stores)
        try await stores.intros.write { database in
            try database.execute(
                sql: "INSERT INTO intros VALUES (9, x'00', 'id', 'text', 'zone', '', 'when', -5)"
            )
            try database.execute(sql: "INSERT INTO denylist VALUES (x'00', 0, '')")
        }
        #expect(try await bob.client.intros.list().map(\.text) == ["sound"])
        #expect(try await bob.client.intros.blockedSenders().isEmpty)
    }
}

@Suite("What strangers may cost")
struct IntroPlanTests {
    private static func key(_ byte: UInt8) throws -> Ed25519.PublicKey {
        try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32))).publicKey
    }

    @Test("A pass takes a few of each sender and some in all, and no more than there is room for")
    func bounds() throws {
        let limits = IntroLimits(total: 8, perSender: 3, perPass: 4, perSenderAndPass: 2)
        var plan = IntroPlan(limits, occupancy: IntroOccupancy(total: 2, perSender: [try Self.key(1): 2]))
        #expect(plan.admit(try Self.key(1)) == .now)
        #expect(plan.admit(try Self.key(1)) == .full)
        #expect(plan.admit(try Self.key(2)) == .now)
        #expect(plan.admit(try Self.key(2)) == .now)
        #expect(plan.admit(try Self.key(2)) == .later)
        #expect(plan.admit(try Self.key(3)) == .now)
        #expect(plan.admit(try Self.key(4)) == .later)
        var full = IntroPlan(limits, occupancy: IntroOccupancy(total: 8, perSender: [:]))
        #expect(full.admit(try Self.key(4)) == .full)
    }
}
