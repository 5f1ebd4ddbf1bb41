import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@testable import DNSMesh

@Suite("Nothing is lost and nothing comes twice")
struct ReliabilityTests {
    @Test("A failed publish keeps the sealed records, and the next try sends the same bytes")
    func outbox() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.pin(bob)
        try await bob.pin(alice)
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

    @Test("What waits in the outbox is sent by resumeSending, once")
    func resume() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.pin(bob)
        try await bob.pin(alice)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        #expect(try await alice.client.resumeSending() == 0)
        network.onPublish { _, _ in nil }
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await alice.client.resumeSending() == 0)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
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
        try await alice.pin(bob)
        try await bob.pin(alice)
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
        try await alice.pin(bob)
        try await bob.pin(alice)
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
        try await alice.pin(bob)
        try await bob.pin(alice)
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
        try await alice.pin(bob)
        try await bob.pin(alice)
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
        try await alice.pin(bob)
        try await bob.pin(alice)
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

    @Test("Two clients on one store deliver a message once")
    func twoClients() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let alice = try world.user("alice")
        let bob = try world.user("bob", stores: stores)
        let twin = try world.user("bob", stores: stores)
        try await alice.pin(bob)
        try await bob.pin(alice)
        try await twin.pin(alice)
        for number in 1...8 { _ = try await alice.client.send("message \(number)", to: "bob") }
        async let first = bob.client.receive()
        async let second = twin.client.receive()
        var texts = try await (first.messages + second.messages).compactMap(\.text)
        texts += try await bob.client.receive().messages.compactMap(\.text)  // what one of them stored for the other
        #expect(texts.sorted() == (1...8).map { "message \($0)" })
        #expect(try await bob.client.inbox.list().count == 8)
    }

    @Test("A lost chunk is made up for by parity; too few chunks are tried again later")
    func lostChunks() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.pin(bob)
        try await bob.pin(alice)
        _ = try await bob.client.refreshPrekeys(target: 1)
        _ = try await alice.client.send([UInt8](repeating: 1, count: 1_000), to: "bob")
        network.onRead { name, result in name.text.hasPrefix("chunk-000") ? .absent : result }
        #expect(try await bob.client.receive().dropped == [.chunksMissing: 1])
        network.onRead { name, result in name.text.hasPrefix("chunk-0001-") ? .absent : result }
        #expect(try await bob.client.receive().messages.count == 1)
    }

    @Test("Messages under one prekey are all opened before it goes, also when one of them is incomplete")
    func sharedPrekey() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        _ = try await bob.client.refreshPrekeys(target: 1)
        for name in ["alice", "carol", "dave"] {
            let sender = try world.user(name)
            try await sender.pin(bob)
            try await bob.pin(sender)
            let receipt = try await sender.client.send("from \(name)", to: "bob")
            #expect(receipt.forwardSecrecy != .none(.noneUsable))
        }
        let key = try #require(await world.store.names.first { $0.text.hasPrefix("chunk-0000-") })
        let label = key.text.dropFirst("chunk-0000-".count)
        network.onRead { name, result in name.text.hasSuffix(label) && name.text.hasPrefix("chunk-") ? .absent : result
        }
        #expect(try await bob.client.receive().messages.count == 2)
        network.onRead { $1 }
        #expect(try await bob.client.receive().messages.count == 1)
        #expect(try await bob.client.inbox.list().allSatisfy(\.isForwardSecret))
    }

    @Test("A prekey stays while a slot could not be read: another message may be sealed for it")
    func unreadSlot() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        _ = try await bob.client.refreshPrekeys(target: 1)
        var slots: [Slot] = []
        for name in ["alice", "carol", "dave", "erin"] {
            let sender = try world.user(name)
            try await sender.pin(bob)
            try await bob.pin(sender)
            slots.append(try await sender.client.send("from \(name)", to: "bob").messageID.slot)
        }
        let hidden = "slot-\(slots[3].rawValue)."
        network.onRead { name, result in
            name.text.hasPrefix(hidden) ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        let first = try await bob.client.receive().messages.count
        #expect(first == slots.filter { $0 != slots[3] }.count)
        network.onRead { $1 }
        #expect(try await bob.client.receive().messages.count == 4 - first)
        #expect(try await bob.client.inbox.list().count == 4)
    }

    @Test("A slot and chunks that never answer don't keep others from their mail")
    func silence() async throws {
        let world = try World()
        let hanging = HangingReader(base: world.store, clock: world.clock) { name in
            name.text.hasSuffix(".dead.test") || name.text.hasPrefix("chunk-0001-")
        }
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: hanging)
        let dead = try world.user("dead", zone: "dead.test")
        try await alice.pin(bob)
        try await bob.pin(alice)
        try await bob.pin(dead)
        _ = try await alice.client.send([UInt8](repeating: 7, count: 1_000), to: "bob")
        let pass = Task { try await bob.client.receive() }
        // Ten silent slots, one silent chunk; the message needs none of them.
        while try await bob.client.inbox.list().isEmpty { await Task.yield() }
        world.clock.advance(by: .seconds(5))
        let report = try await pass.value
        #expect(report.messages.count == 1)
        #expect(report.failures.count == 10)
    }

    @Test("A reader that can't answer costs the names it can't read, not the pass")
    func partialFailure() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.pin(bob)
        try await bob.pin(alice)
        let receipt = try await alice.client.send("hello", to: "bob")
        network.onRead { name, result in
            name.text.hasPrefix("slot-") && !name.text.hasPrefix("slot-\(receipt.messageID.slot.rawValue).")
                ? .unavailable(NetworkFailure(.timeout, "no answer")) : result
        }
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.text) == ["hello"])
        #expect(report.failures.count == 9)
    }

    @Test("When nothing at all can be read the pass says so")
    func nothingReadable() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        network.onRead { _, _ in .unavailable(NetworkFailure(.timeout, "no answer")) }
        await #expect { try await bob.client.receive() } throws: { ($0 as? MeshError)?.code == .unavailable }
    }

    @Test("Ten thousand junk records in a slot cost themselves alone")
    func junk() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.pin(bob)
        try await bob.pin(alice)
        _ = try await alice.client.send("hello", to: "bob")
        let junk = (0..<5_000).map { TXTValue("v=dmp1;t=manifest;d=AAAA\($0)") }
        network.onRead { name, result in
            guard case .records(let values) = result, name.text.hasPrefix("slot-") else { return result }
            return .records(junk + values + junk)
        }
        let report = try await bob.client.receive()
        #expect(report.messages.map(\.text) == ["hello"])
        #expect(report.dropped == [.notAManifest: 8_191, .slotOverflow: 1_809])
    }

    @Test("Poisoned chunks before the good ones don't pass and don't hide them")
    func poisonedChunks() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.pin(bob)
        try await bob.pin(alice)
        _ = try await alice.client.send("hello", to: "bob")
        let poison = TXTValue("v=dmp1;t=chunk;d=" + String(repeating: "QUJD", count: 56))
        network.onRead { name, result in
            guard case .records(let values) = result, name.text.hasPrefix("chunk-") else { return result }
            return .records([poison, TXTValue("v=spf1 -all")] + values)
        }
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }

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

    @Test("Cancelling a pass releases its claims, and the next one delivers")
    func cancelled() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let hanging = HangingReader(base: world.store, clock: world.clock) { $0.text.hasPrefix("chunk-") }
        let alice = try world.user("alice")
        let stuck = try world.user("bob", stores: stores, reader: hanging)
        let bob = try world.user("bob", stores: stores)
        try await alice.pin(bob)
        try await stuck.pin(alice)
        try await bob.pin(alice)
        _ = try await alice.client.send("hello", to: "bob")
        let pass = Task { try await stuck.client.receive() }
        while await hanging.hanging == 0 { await Task.yield() }
        #expect(await stores.replay.claimCount == 1)
        pass.cancel()
        await #expect(throws: CancellationError.self) { try await pass.value }
        #expect(await stores.replay.claimCount == 0)
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }
}

/// A reader that answers for some names only at the deadline, which a test's clock brings.
actor HangingReader: RecordReader {
    private let base: MemoryRecordStore
    private let clock: ManualClock
    private let hangs: @Sendable (OwnerName) -> Bool
    private(set) var hanging = 0

    init(base: MemoryRecordStore, clock: ManualClock, hangs: @escaping @Sendable (OwnerName) -> Bool) {
        self.base = base
        self.clock = clock
        self.hangs = hangs
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard self.hangs(name) else { return try await self.base.read(name, deadline: deadline) }
        self.hanging += 1
        do {
            try await ErasedClock(self.clock).sleep(until: deadline)
        } catch {
            throw CancellationError()
        }
        return .unavailable(NetworkFailure(.timeout, "no answer"))
    }
}
