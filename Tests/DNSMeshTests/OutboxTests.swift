import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import GRDB
import Testing

@testable import DNSMesh

@Suite("A message on its way out is neither lost nor doubled")
struct OutboxTests {
    @Test("A failed publish keeps the sealed records, and the next try sends the same bytes")
    func outbox() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("hello", to: "bob") }
        let first = network.publishes
        network.onPublish { _, _ in nil }
        world.advance(by: 60)
        let receipt = try await alice.client.send("hello", to: "bob")
        #expect(receipt.resumed)
        let again = network.publishes.dropFirst(first.count)
        #expect(Set(again.map(\.value)) == Set(first.map(\.value)))
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
        #expect(try await alice.client.send("hello", to: "bob").resumed == false)
    }

    @Test("A send that is cancelled gives its message back at once: the same text is the same message")
    func cancelled() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        let (start, starter) = AsyncStream.makeStream(of: Void.self)
        let sending = Task {
            for await _ in start {}
            return try await alice.client.send("hello", to: "bob")
        }
        network.onPublish { name, _ in
            if name.text.hasPrefix("slot-") { sending.cancel() }
            return nil
        }
        starter.finish()
        await #expect(throws: CancellationError.self) { try await sending.value }
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.send("hello", to: "bob").resumed)
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("What waits in the outbox is sent by resumeSending, once")
    func resume() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        #expect(try await alice.client.resumeSending() == 0)
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await alice.client.resumeSending() == 0)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
    }

    @Test("A text that went out in the background is not sent twice when its user sends it again")
    func resumedThenRepeated() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await alice.client.resumeSending() == 0)
        #expect(try await alice.client.send("one", to: "bob").resumed)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
        #expect(try await !alice.client.send("one", to: "bob").resumed)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
    }

    @Test(
        "What a clock that was ahead has taken and left is sent once the clock is right",
        arguments: [7_000, 3_500_000]
    )
    func takenByClockAhead(seconds: UInt64) async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", stores: stores, writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob", lifetime: 7 * 86_400) }
        let ahead = world.now.adding(seconds + Outbox.busySeconds).stored
        try await stores.state.write { try $0.execute(sql: "UPDATE outbox SET busy_until = ?", arguments: [ahead]) }
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
    }

    @Test("What is worked on stays with who works on it, and what is after it waits for its turn")
    func takenInTurn() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", stores: stores, writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        for text in ["one", "two"] {
            await #expect(throws: MeshError.self) { try await alice.client.send(text, to: "bob") }
        }
        let outbox = Outbox(database: stores.state, seal: try StorageSeal(keys: alice.keys, label: "outbox"))
        let first = try #require(try await outbox.takeWaiting(after: 0, now: world.now))
        #expect(first.entry != nil)
        let second = try #require(try await outbox.takeWaiting(after: 0, now: world.now))
        #expect(second.place > first.place)
        #expect(try await outbox.takeWaiting(after: 0, now: world.now.adding(Outbox.busySeconds)) == nil)
        #expect(try await outbox.takeWaiting(after: 0, now: world.now.adding(Outbox.busySeconds + 1)) != nil)
    }

    @Test("What a process held when it died is taken over at once, and what one that lives holds is not")
    func ownerDied() async throws {
        try await withTemporaryFolder { folder in
            let world = try World()
            let keys = try world.user("alice").keys
            let digest = [UInt8](repeating: 7, count: 32)
            let seal = try StorageSeal(keys: keys, label: "outbox")
            let entry = OutboxEntry(
                contact: "bob",
                messageID: [UInt8](repeating: 1, count: 16),
                chunks: [],
                manifest: OutboxEntry.PlannedRecord(owner: "slot.mesh.test", value: Data()),
                neededChunkCount: 1,
                expires: world.now.adding(3_600).rawValue,
                lifetime: 3_600,
                prekey: nil,
                noPrekeyReason: nil,
                carriesAddress: false
            )
            let stores = try MeshStores.directory(folder)
            let later = Outbox(database: stores.state, seal: seal, presence: stores.sending)
            do {
                let dying = try MeshStores.directory(folder)
                dying.sending.begin()  // it has no chance to end it
                let outbox = Outbox(database: dying.state, seal: seal, presence: dying.sending)
                try await outbox.add(entry, digest: digest, now: world.now)
                let held = try await later.presence.during { try await later.takeFailed(digest, now: world.now) }
                #expect(held == nil)
            }
            let taken = try await later.presence.during {
                let first = try await later.takeFailed(digest, now: world.now)
                return (first, try await later.takeFailed(digest, now: world.now))
            }
            #expect(taken.0?.messageID == entry.messageID)
            #expect(taken.1 == nil)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(!left.contains { $0.hasPrefix(".sending-") })
        }
    }

    @Test("A text that went out by a clock far ahead doesn't keep the same text from going out later")
    func sentByClockAhead() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        world.advance(by: 7_000)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        world.goBack(by: 7_000)
        #expect(try await !alice.client.send("one", to: "bob").resumed)
    }

    @Test("A refused manifest takes its chunks back")
    func refused() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.pin(bob)
        network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .refused(NetworkFailure(.refused, "no")) : nil
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("hello", to: "bob") }
        let chunks = network.publishes.filter { $0.name.text.hasPrefix("chunk-") }
        #expect(!chunks.isEmpty)
        for chunk in chunks { #expect(await world.store.values(at: chunk.name).isEmpty) }
        #expect(try await alice.client.resumeSending() == 0)
    }

    @Test(
        "What may pass keeps the message",
        arguments: [NetworkFailure.Code.unauthorized, .nameFull, .insecureCredential]
    )
    func passingRefusal(code: NetworkFailure.Code) async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { name, _ in name.text.hasPrefix("slot-") ? .refused(NetworkFailure(code, "no")) : nil }
        await #expect { try await alice.client.send("hello", to: "bob") } throws: {
            ($0 as? MeshError)?.code == .refused
        }
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("One message that can't go out keeps no other, and none is lost to a shorter lifetime")
    func resumeEachByItself() async throws {
        let world = try World(caps: MemoryRecordStore.Caps(lifetimeLimit: 3_600))
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        for text in ["one", "two", "three"] {
            await #expect(throws: MeshError.self) { try await alice.client.send(text, to: "bob") }
        }
        let second = try #require(network.publishes.map(\.name.text).first { $0.hasPrefix("chunk-") })
        network.onPublish { name, _ in
            name.text == second ? .refused(NetworkFailure(.unauthorized, "no")) : nil
        }
        #expect(try await alice.client.resumeSending() == 2)
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(Set(try await bob.client.receive().messages.map(\.text)) == ["one", "two", "three"])
    }

    @Test("A client without a writer keeps what waits")
    func resumeWithoutWriter() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", stores: stores, writer: network)
        let reader = try world.user("alice", stores: stores, publishes: false)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        #expect(try await reader.client.resumeSending() == 0)
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
    }

    @Test("The same text sent twice on purpose arrives twice, also when both go out at the same time")
    func sameTextTwice() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        async let first = alice.client.send("ok", to: "bob")
        async let second = alice.client.send("ok", to: "bob")
        #expect(try await first.messageID != second.messageID)
        #expect(try await bob.client.receive().messages.map(\.text) == ["ok", "ok"])
    }

    @Test("Ten minutes after a failure the same text is a new message")
    func sameTextLater() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .unavailable(NetworkFailure(.timeout, "no answer")) : nil
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("ok", to: "bob") }
        network.onPublish { _, _ in nil }
        world.advance(by: 601)
        #expect(try await alice.client.send("ok", to: "bob").resumed == false)
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await bob.client.receive().messages.map(\.text) == ["ok", "ok"])
    }

    @Test("Chunks stay where a manifest may be out already")
    func manifestMayBeOut() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        let store = world.store
        let now = world.now
        network.onPublish { name, value in
            guard name.text.hasPrefix("slot-") else { return nil }
            Task { await store.insert(value, at: name, ttl: 300) }  // it arrives, and the answer is lost
            return .unavailable(NetworkFailure(.timeout, "no answer at \(now)"))
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("hello", to: "bob") }
        network.onPublish { name, _ in
            name.text.hasPrefix("slot-") ? .refused(NetworkFailure(.refused, "no more")) : nil
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("hello", to: "bob") }
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("The time that publishing takes doesn't count as a limit of the node")
    func slowPublishing() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.pin(bob)
        network.onPublish { _, _ in
            world.advance(by: 1)
            return nil
        }
        #expect(try await alice.client.send("hello", to: "bob").lifetime == 86_400)
    }

    @Test("A node that keeps records for a shorter time gets the message with that lifetime")
    func shorterLifetime() async throws {
        let world = try World(caps: MemoryRecordStore.Caps(lifetimeLimit: 3_600))
        let (alice, bob) = try await acquainted(world)
        let receipt = try await alice.client.send("hello", to: "bob", lifetime: 86_400)
        #expect(receipt.lifetime == 3_600)
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
        #expect(try await bob.client.receive().messages.isEmpty)
    }

    @Test("A body that the node can't hold is refused before anything is published", arguments: [3_733, 25_000])
    func tooLong(byteCount: Int) async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", reader: network, writer: network)
        let bob = try world.user("bob")
        try await alice.pin(bob)
        do {
            _ = try await alice.client.send([UInt8](repeating: 97, count: byteCount), to: "bob", lifetime: 300)
            Issue.record("it was sent")
        } catch let error as MeshError {
            #expect(error.code == .messageTooLong)
            #expect(error.message.contains("\(byteCount) bytes") && error.message.contains("3732"))
        }
        #expect(network.publishes.isEmpty)
    }
}
