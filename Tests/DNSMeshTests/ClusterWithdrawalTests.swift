import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSTransport
import Foundation
import Testing

@Suite("Withdrawing from a cluster")
struct ClusterWithdrawalTests {
    @Test("What one node couldn't be told to delete is deleted there after a restart")
    func restart() async throws {
        let world = try World()
        let second = MemoryRecordStore { world.now }
        let sick = FaultyNetwork(second)
        let nodes = try ClusterNodes([
            ClusterNode(id: NodeID("a"), endpoint: "192.0.2.1", reader: world.store, writer: world.store),
            ClusterNode(id: NodeID("b"), endpoint: "192.0.2.2", reader: sick, writer: sick),
        ])
        let alice = try world.user("alice")
        try await withTemporaryFolder { folder in
            try await self.session(in: folder, world: world, nodes: nodes) { bob in
                try await bob.befriend(alice)
                _ = try await bob.client.refreshPrekeys(target: 1)
                _ = try await alice.client.send("hello", to: "bob")
                sick.onDelete { _, _ in .unavailable(NetworkFailure(.unreachable, "down")) }
                let report = try await bob.client.receive()
                #expect(report.messages.map(\.text) == ["hello"])
            }
            let owner = try OwnerName.prekeys(of: "bob", in: world.zone)
            let deadline = ErasedClock(world.clock).now.advanced(by: .seconds(1))
            #expect(try await world.store.read(owner, deadline: deadline) == .absent)
            #expect(try await second.read(owner, deadline: deadline) != .absent)
            sick.onDelete { _, _ in nil }
            try await self.session(in: folder, world: world, nodes: nodes) { bob in
                _ = try await bob.client.receive()
            }
            #expect(try await second.read(owner, deadline: deadline) == .absent)
        }
    }

    /// What a process does: opens bob's files and the cluster, and closes both.
    private func session(
        in folder: URL,
        world: World,
        nodes: ClusterNodes,
        _ body: (User) async throws -> Void
    ) async throws {
        let clock = ErasedClock(world.clock)
        try await withUnionReader(of: nodes, clock: clock) { reader in
            try await withFanoutWriter(of: nodes, clock: clock, closing: .zero, now: { world.now }) { writer in
                let stores = try MeshStores.directory(folder, now: world.now)
                try await body(try world.user("bob", stores: stores, reader: reader, writer: writer))
            }
        }
    }
}
