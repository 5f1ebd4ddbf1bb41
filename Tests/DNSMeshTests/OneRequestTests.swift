import DMPNetwork
import DMPProtocol
import Testing

@testable import DNSMesh

@Suite("A message that goes out in one request")
struct OneRequestTests {
    private let world: World
    private let writer: OneRequestWriter
    private let alice: User
    private let bob: User

    init() async throws {
        self.world = try World()
        self.writer = OneRequestWriter(self.world.store)
        self.alice = try self.world.user("alice", writer: self.writer)
        self.bob = try self.world.user("bob")
        try await self.alice.befriend(self.bob)
    }

    private func names() async -> [String] { await self.world.store.names.map(\.text) }

    @Test("The manifest is its last record")
    func whole() async throws {
        let receipt = try await self.alice.client.send("hello", to: "bob")
        let request = try #require(self.writer.requests.first)
        #expect(self.writer.requests.count == 1 && request.count == receipt.chunkCount + 1)
        #expect(request.dropLast().allSatisfy { $0.text.hasPrefix("chunk-") })
        #expect(request.last?.text.hasPrefix("slot-") == true)
        #expect(try await self.bob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("Without an answer it is kept, and sent again as it is")
    func unanswered() async throws {
        self.writer.answer { $0 == 0 ? .unavailable(NetworkFailure(.timeout, "no answer")) : .accepted }
        await #expect(throws: MeshError.self) { try await self.alice.client.send("hello", to: "bob") }
        #expect(try await self.alice.client.send("hello", to: "bob").resumed)
        #expect(self.writer.requests.count == 2 && self.writer.requests[0] == self.writer.requests[1])
        #expect(try await self.bob.client.receive().messages.map(\.text) == ["hello"])
    }

    @Test("Of one that is refused for good nothing stays, also where a part was carried out")
    func refused() async throws {
        self.writer.carryOut(20)
        self.writer.answer { _ in .refused(NetworkFailure(.refused, "not these")) }
        await #expect(throws: MeshError.self) { try await self.alice.client.send("hello", to: "bob") }
        #expect(await self.names().isEmpty)
        #expect(try await self.bob.client.receive().messages.isEmpty)
        self.writer.answer { _ in .accepted }
        #expect(try await !self.alice.client.send("hello", to: "bob").resumed)
    }

    @Test("One that may be out stays out when it is refused later")
    func refusedLater() async throws {
        self.writer.carryOut(20)
        self.writer.answer { number in
            number == 0
                ? .unavailable(NetworkFailure(.timeout, "no answer")) : .refused(NetworkFailure(.refused, "not these"))
        }
        await #expect(throws: MeshError.self) { try await self.alice.client.send("hello", to: "bob") }
        await #expect(throws: MeshError.self) { try await self.alice.client.send("hello", to: "bob") }
        #expect(try await self.bob.client.receive().messages.map(\.text) == ["hello"])
    }
}
