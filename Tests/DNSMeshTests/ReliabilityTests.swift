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
            name.text.hasPrefix("slot-") ? .refused(NetworkFailure(.unauthorized, "no")) : nil
        }
        await #expect(throws: MeshError.self) { try await alice.client.send("hello", to: "bob") }
        let chunks = network.publishes.filter { $0.name.text.hasPrefix("chunk-") }
        #expect(!chunks.isEmpty)
        for chunk in chunks { #expect(await world.store.values(at: chunk.name).isEmpty) }
        #expect(try await alice.client.resumeSending() == 0)
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
        async let first = bob.client.receive(acknowledging: false)
        async let second = twin.client.receive(acknowledging: false)
        _ = try await (first, second)
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
        let hanging = HangingReader(base: world.store, prefix: "chunk-")
        let alice = try world.user("alice")
        let stuck = try world.user("bob", stores: stores, reader: hanging)
        let bob = try world.user("bob", stores: stores)
        try await alice.pin(bob)
        try await stuck.pin(alice)
        try await bob.pin(alice)
        _ = try await alice.client.send("hello", to: "bob")
        let pass = Task { try await stuck.client.receive() }
        await hanging.waitUntilHanging()
        #expect(await stores.replay.claimCount == 1)
        pass.cancel()
        await #expect(throws: CancellationError.self) { try await pass.value }
        #expect(await stores.replay.claimCount == 0)
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
    }
}

/// A reader that never answers for names with a prefix, until it is cancelled.
actor HangingReader: RecordReader {
    private let base: MemoryRecordStore
    private let prefix: String
    private let clock = ManualClock()

    init(base: MemoryRecordStore, prefix: String) {
        self.base = base
        self.prefix = prefix
    }

    func waitUntilHanging() async { await self.clock.waitForSleepers() }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard name.text.hasPrefix(self.prefix) else { return try await self.base.read(name, deadline: deadline) }
        do {
            try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(1_000_000)))
        } catch {
            throw CancellationError()
        }
        return .absent
    }
}
