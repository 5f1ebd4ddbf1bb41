import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@testable import DNSMesh

@Suite("A pass over the mailbox")
struct ReceivePassTests {
    @Test("Two clients on one store deliver a message once")
    func twoClients() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let alice = try world.user("alice")
        let bob = try world.user("bob", stores: stores)
        let twin = try world.user("bob", stores: stores)
        try await alice.befriend(bob)
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
        try await alice.befriend(bob)
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
            try await sender.befriend(bob)
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
            try await sender.befriend(bob)
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
        try await alice.befriend(bob)
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
        try await alice.befriend(bob)
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
        try await alice.befriend(bob)
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
        try await alice.befriend(bob)
        _ = try await alice.client.send("hello", to: "bob")
        let poison = TXTValue("v=dmp1;t=chunk;d=" + String(repeating: "QUJD", count: 56))
        network.onRead { name, result in
            guard case .records(let values) = result, name.text.hasPrefix("chunk-") else { return result }
            return .records([poison, TXTValue("v=spf1 -all")] + values)
        }
        #expect(try await bob.client.receive().messages.map(\.text) == ["hello"])
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
