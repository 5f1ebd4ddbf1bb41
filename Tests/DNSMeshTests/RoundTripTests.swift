import DMPNetwork
import DMPProtocol
import DNSMesh
import Testing

/// Counts round trips, not time: the network answers a whole round when the test says so. A request that comes a round
/// later than it could is never in the round that is waited for, and the test ends at its limit.
@Suite("How many round trips a message takes", .timeLimit(.minutes(1)))
struct RoundTripTests {
    /// A text, and how many chunks its message has: k and n.
    private static let sizes = [(100, 4, 6), (1_024, 11, 15), (24_576, 195, 254)]

    private static func kinds(_ names: [String]) -> [String: Int] {
        Dictionary(grouping: names) { name in String(name.prefix { $0.isLetter }) }.mapValues(\.count)
    }

    @Test("A message is received in two: all slots, then its chunks beside the signer's key", arguments: Self.sizes)
    func receive(byteCount: Int, needed: Int, count: Int) async throws {
        let world = try World(caps: .none)
        let network = SteppedNetwork(world.store)
        let alice = try world.user("alice") { $0.valueByteLimit = nil }
        let bob = try world.user("bob", reader: network)
        try await alice.befriend(bob)
        _ = try await alice.client.send([UInt8](repeating: 0x61, count: byteCount), to: "bob")
        async let report = bob.client.receive()
        let slots = await network.step(of: 10)
        #expect(Self.kinds(slots) == ["slot": 10])
        let asked = min(count, needed + max(2, (needed + 24) / 25))
        let chunks = await network.step(of: asked + 2)
        #expect(Self.kinds(chunks) == ["chunk": asked, "rotate": 2])
        let messages = try await report.messages
        #expect(messages.map(\.body.count) == [byteCount])
        #expect(network.steps == 2 && network.waitingCount == 0)
    }

    @Test("A mailbox in five zones is looked through in one round of fifty questions")
    func emptyPoll() async throws {
        let world = try World()
        let network = SteppedNetwork(world.store)
        let bob = try world.user("bob", reader: network)
        for number in 1...4 { try await bob.pin(world.user("contact-\(number)", zone: "zone-\(number).test")) }
        async let report = bob.client.receive()
        let slots = await network.step(of: 50)
        #expect(Self.kinds(slots) == ["slot": 50])
        let namesAsked = try await report.namesAsked
        #expect(namesAsked == 50)
        #expect(network.steps == 1 && network.waitingCount == 0)
    }

    @Test("A message is sent in three: all look-ups, all chunks, the manifest", arguments: Self.sizes)
    func send(byteCount: Int, needed: Int, count: Int) async throws {
        let world = try World(caps: .none)
        let network = SteppedNetwork(world.store)
        let alice = try world.user("alice", reader: network, writer: network) { $0.valueByteLimit = nil }
        try await alice.pin(try world.user("bob"))
        async let receipt = alice.client.send([UInt8](repeating: 0x61, count: byteCount), to: "bob")
        let lookups = await network.step(of: 5)
        // Connections to the node open beside the look-ups.
        #expect(network.announced == [count + 1])
        #expect(Self.kinds(lookups) == ["prekeys": 1, "dmp": 1, "id": 1, "rotate": 2])
        let chunks = await network.step(of: count)
        #expect(Self.kinds(chunks) == ["chunk": count])
        let manifest = await network.step(of: 1)
        #expect(Self.kinds(manifest) == ["slot": 1])
        let chunkCount = try await receipt.chunkCount
        #expect(chunkCount == count)
        #expect(network.steps == 3 && network.waitingCount == 0)
    }
}
