import ArgumentParser
import DMPProtocol
import DMPTesting
import DNSMeshNode
import DNSTransport
import Foundation
import Testing

@testable import DNSMeshCommands

/// Three nodes of their own on real sockets for each test: run with few others beside it.
@Suite("A conversation through a cluster", .serialized, .timeLimit(.minutes(10)))
struct ClusterConversationLiveTests {
    /// Alice and Bob get to know each other, and Alice's message arrives.
    ///
    /// - Returns: What `send` said.
    @discardableResult
    private func converse(_ alice: TestUser, _ bob: TestUser, text: String) async -> TestUser.Outcome {
        for user in [alice, bob] { await user.expect(.success, "identity", "publish") }
        await bob.expect(.success, "identity", "refresh-prekeys", "--count", "3")
        await alice.expect(.success, "identity", "fetch", "bob", "--add")
        await bob.expect(.success, "identity", "fetch", "alice", "--add")
        let sent = await alice.expect(.success, "send", "bob", text)
        let received = await bob.expect(.success, "recv")
        #expect(received.output.contains("  \(text)\n"), "\(received)")
        return sent
    }

    @Test("With all nodes well, everything works without an endpoint, in the cluster's domain")
    func healthy() async throws {
        try await LiveCluster.run(of: 3) { cluster in
            try await cluster.announce(7)
            let (alice, bob) = (try await cluster.member("alice"), try await cluster.member("bob"))
            let sent = await self.converse(alice, bob, text: "through the cluster")
            #expect(!sent.errors.contains("forward secrecy"), "\(sent)")
            let fetched = await alice.expect(.success, "identity", "fetch", "bob")
            #expect(fetched.output.hasPrefix("address:            bob@mesh.test\n"), "\(fetched)")
            let status = await alice.expect(.success, "cluster", "status")
            #expect(status.errors.isEmpty, "\(status)")
        }
    }

    @Test("With one node of three out of order messages arrive, and the status names it", arguments: NodeFault.allCases)
    func fault(_ fault: NodeFault) async throws {
        try await LiveCluster.run(of: 3) { cluster in
            try await FaultyNode.run(fault) { address in
                var entries = try cluster.entries
                let http =
                    switch fault {
                    case .dead, .hanging: "http://\(address)"
                    case .garbage: "\(cluster.nodes[0].httpEndpoint)/elsewhere"
                    case .lying: cluster.nodes[0].httpEndpoint
                    }
                entries[0] = try DMPProtocol.ClusterNode(id: "n01", httpEndpoint: http, dnsEndpoint: "\(address)")
                try await cluster.publish(cluster.manifest(7, entries), at: "cluster.mesh.test", nodes: [1, 2])
                let (alice, bob) = (try await cluster.member("alice"), try await cluster.member("bob"))
                await self.converse(alice, bob, text: "in spite of n01")
                let status = await alice.expect(.success, "cluster", "status")
                #expect(status.errors.contains("node n01 is not well: reading: "), "\(status)")
                #expect(status.errors.contains("writing: ") == (fault != .lying), "\(status)")
                #expect(!status.errors.contains("n02") && !status.errors.contains("n03"), "\(status)")
                let rows = status.output.split(separator: "\n").filter { $0.hasPrefix("  n0") }
                #expect(rows.count { $0.contains("fails=0  err=None") } == (fault == .lying ? 5 : 4), "\(status)")
            }
        }
    }
}
