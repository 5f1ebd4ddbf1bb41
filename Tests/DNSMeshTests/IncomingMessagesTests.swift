import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMesh
import Testing

@Suite("The sequence of incoming messages")
struct IncomingMessagesTests {
    @Test("It polls after each pause, and hands out each message once")
    func polling() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await alice.client.send("one", to: "bob")
        var messages = bob.client.messages(every: .seconds(5)).makeAsyncIterator()
        #expect(try await messages.next()?.text == "one")
        async let next = messages.next()
        await world.clock.waitForSleepers()
        _ = try await alice.client.send("two", to: "bob")
        world.clock.advance(by: .seconds(5))
        #expect(try await next?.text == "two")
    }

    @Test("A message whose reader ended before asking for the next comes again")
    func handedOutAgain() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        _ = try await alice.client.send("one", to: "bob")
        for _ in 1...2 {
            var messages = bob.client.messages(every: .seconds(5)).makeAsyncIterator()
            #expect(try await messages.next()?.text == "one")
        }
    }

    @Test("A pass without network is tried again after the pause")
    func outage() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice")
        let bob = try world.user("bob", reader: network)
        try await alice.befriend(bob)
        _ = try await alice.client.send("one", to: "bob")
        network.onRead { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        var messages = bob.client.messages(every: .seconds(5)).makeAsyncIterator()
        async let next = messages.next()
        await world.clock.waitForSleepers()
        network.onRead { $1 }
        world.clock.advance(by: .seconds(5))
        #expect(try await next?.text == "one")
    }
}
