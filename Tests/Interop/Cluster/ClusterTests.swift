import DMPTesting
import Foundation
import Testing

@Suite("Clusters of three processes", .needsReference, .timeLimit(.minutes(5)))
struct ClusterTests {
    @Test(
        "Messages of both implementations get through in both directions, whoever plays the nodes",
        arguments: [
            [.ours, .ours, .ours], [.reference, .reference, .reference], [.ours, .reference, .ours],
        ] as [[ClusterRole]]
    )
    func healthy(_ roles: [ClusterRole]) async throws {
        try await Cluster.run(roles) { cluster in
            let pair = try await ClusterPair(in: cluster, .ours, .reference)
            _ = try await pair.exchange()
            #expect(try await ShownStatus(of: pair.alice).sick.isEmpty)
        }
    }

    @Test("With one node that is not well every message arrives, and the status names it", arguments: ClusterRole.sick)
    func sick(_ role: ClusterRole) async throws {
        try await Cluster.run([.ours, .reference, role]) { cluster in
            let pair = try await ClusterPair(in: cluster, .ours, .ours)
            _ = try await pair.exchange()
            #expect(try await ShownStatus(of: pair.alice).sick == ["n03"])
        }
    }

    @Test("While a new manifest adds a node, messages flow and none is lost")
    func rollOver() async throws {
        try await Cluster.unannounced([.ours, .reference, .ours]) { cluster in
            try await cluster.announce(7, Array(cluster.members.prefix(2)))
            let pair = try await ClusterPair(in: cluster, .ours, .ours)
            let texts = (1...8).map { "message \($0)" }
            async let sent: Void = {
                for (index, text) in texts.enumerated() {
                    if index == 3 { try await cluster.announce(8, cluster.members) }
                    try await pair.alice.dnsmesh("send", "bob", text)
                }
            }()
            var received: [String] = []
            for _ in 1...3 { received += try await pair.bob.receivedTexts() }
            try await sent
            received += try await pair.bob.receivedTexts()
            #expect(received.sorted() == texts)

            struct Manifest: Decodable {
                let seq: Int
            }
            // An old manifest that comes back changes nothing.
            try await cluster.announce(7, Array(cluster.members.prefix(2)))
            let shown = try await pair.bob.dnsmesh("cluster", "fetch", "--json")
            #expect(try JSONDecoder().decode(Manifest.self, from: Data(shown.utf8)).seq == 8)
            #expect(try await ShownStatus(of: pair.alice).nodes.map(\.nodeID) == ["n01", "n02", "n03"])
        }
    }
}

extension User {
    fileprivate func receivedTexts() async throws -> [String] {
        try await self.receive().map { String(decoding: $0.body, as: UTF8.self) }
    }
}
