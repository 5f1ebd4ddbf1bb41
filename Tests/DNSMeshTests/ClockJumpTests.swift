import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("A clock that is wrong for a while")
struct ClockJumpTests {
    private static let threeDays: UInt64 = 3 * 86_400

    /// Lets an hour pass, so that the files trust the clock.
    private func settle(_ world: World, _ user: User) async throws {
        _ = try await user.client.receive()
        world.advance(by: 3_600)
        _ = try await user.client.receive()
    }

    @Test("Prekeys survive a jump of three days, and open what was sealed for them before")
    func prekeys() async throws {
        let world = try World()
        let (alice, bob) = try await acquainted(world)
        try await self.settle(world, bob)
        _ = try await bob.client.refreshPrekeys(target: 3)
        let receipt = try await alice.client.send("before", to: "bob")
        guard case .prekey = receipt.forwardSecrecy else {
            Issue.record("it was not sealed for a prekey")
            return
        }
        world.advance(by: Self.threeDays)
        #expect(try await bob.client.receive().messages.isEmpty)
        _ = try await bob.client.refreshPrekeys(target: 3)
        world.goBack(by: Self.threeDays)
        #expect(try await bob.client.receive().messages.map(\.text) == ["before"])
        #expect(try await bob.client.receive().messages.isEmpty)
    }

    @Test("What waits to be sent survives a jump of three days, and isn't sent meanwhile")
    func outbox() async throws {
        let world = try World()
        let network = FaultyNetwork(world.store)
        let alice = try world.user("alice", writer: network)
        let bob = try world.user("bob")
        try await alice.befriend(bob)
        try await self.settle(world, alice)
        network.onPublish { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
        await #expect(throws: MeshError.self) { try await alice.client.send("one", to: "bob") }
        network.onPublish { _, _ in nil }
        world.advance(by: Self.threeDays)
        #expect(try await alice.client.resumeSending() == 0)
        world.goBack(by: Self.threeDays)
        #expect(try await alice.client.resumeSending() == 1)
        #expect(try await bob.client.receive().messages.map(\.text) == ["one"])
    }

    @Test("What has really expired goes once the time has stood for an hour")
    func realTime() async throws {
        let world = try World()
        let stores = try MeshStores.memory()
        let bob = try world.user("bob", stores: stores)
        try await self.settle(world, bob)
        _ = try await bob.client.refreshPrekeys(target: 3)
        world.advance(by: Self.threeDays)
        _ = try await bob.client.receive()
        #expect(try await stores.prekeys.entries().count == 3)
        world.advance(by: 3_600)
        _ = try await bob.client.receive()
        #expect(try await stores.prekeys.entries().isEmpty)
    }

    @Test("Prekeys made while the clock was ahead don't count when it is right again")
    func madeAhead() async throws {
        let world = try World()
        let bob = try world.user("bob")
        world.advance(by: 60 * 86_400)
        #expect(try await bob.client.refreshPrekeys(target: 3).live == 3)
        world.goBack(by: 60 * 86_400)
        #expect(try await bob.client.standing().livePrekeys == 0)
        #expect(try await bob.client.refreshPrekeys(target: 3).published == 3)
    }
}
