import ArgumentParser
import DMPCrypto
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSMeshNode
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("cluster fetch and enable", .timeLimit(.minutes(5)))
struct ClusterFetchTests {
    /// Lends one node and somebody who has pinned its cluster.
    private func withPinned(_ body: (LiveCluster, TestUser) async throws -> Void) async throws {
        try await LiveCluster.run(of: 1) { cluster in
            let user = try await cluster.user("alice")
            await user.expect(.success, "cluster", "pin", cluster.clusterOperator.key.hex, LiveCluster.name)
            try await body(cluster, user)
        }
    }

    @Test("The manifest is shown with its nodes; only --save writes, and then the record byte for byte")
    func fetch() async throws {
        try await self.withPinned { cluster, user in
            let second = try DMPProtocol.ClusterNode(id: "n02", httpEndpoint: "https://n2.test", dnsEndpoint: nil)
            let value = try cluster.manifest(7, cluster.entries + [second])
            try await cluster.publish(value, at: "cluster.mesh.test")
            let before = try FileManager.default.contentsOfDirectory(atPath: user.folder.path).sorted()
            let node = cluster.nodes[0]
            let summary = """
                cluster: mesh.test
                  seq:   7
                  exp:   \(cluster.expires.rawValue)
                  nodes: 2
                    n01  http=\(node.httpEndpoint)  dns=\(node.resolver)
                    n02  http=https://n2.test  dns=(via bootstrap reader)

                """
            let fetched = await user.expect(.success, "cluster", "fetch")
            #expect(fetched.output == summary)
            #expect(fetched.errors.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: user.folder.path).sorted() == before)

            let wire = user.folder.appending(path: "cluster_manifest.wire")
            let saved = await user.expect(.success, "cluster", "fetch", "--save")
            #expect(saved.output == summary + "saved signed manifest wire to \(wire.path)\n")
            #expect(try Data(contentsOf: wire) == Data(value.bytes))
            #expect(try mode(of: wire) == 0o600)

            let json = await user.expect(.success, "cluster", "fetch", "--json")
            #expect(
                json.output == """
                    {
                      "cluster": "mesh.test",
                      "seq": 7,
                      "exp": \(cluster.expires.rawValue),
                      "nodes": [
                        {
                          "node_id": "n01",
                          "http": "\(node.httpEndpoint)",
                          "dns": "\(node.resolver)"
                        },
                        {
                          "node_id": "n02",
                          "http": "https://n2.test",
                          "dns": null
                        }
                      ],
                      "saved": null
                    }

                    """
            )
        }
    }

    @Test("Enabling verifies first, flips one key, and may be repeated")
    func enable() async throws {
        try await self.withPinned { cluster, user in
            try await cluster.announce(7)
            _ = try await user.file().update { $0.httpToken = "secret" }
            var expected = try user.load()
            let summary = "cluster: mesh.test\n  seq:   7\n  exp:   \(cluster.expires.rawValue)\n  nodes: 1\n"
            let first = await user.expect(.success, "cluster", "enable")
            #expect(first.output == summary + "cluster mode enabled.\n")
            #expect(first.errors.contains("http_token goes to the nodes of this cluster"), "\(first)")
            #expect(!first.errors.contains("secret"))
            expected.clusterEnabled = true
            #expect(try user.load() == expected)
            let text = try user.configurationText
            let second = await user.expect(.success, "cluster", "enable")
            #expect(
                second.output
                    == summary + "cluster mode already enabled — manifest verified, state unchanged.\n"
            )
            #expect(try user.configurationText == text)
            let json = await user.expect(.success, "cluster", "enable", "--json")
            #expect(json.output.hasSuffix("  \"cluster_enabled\": true,\n  \"changed\": false\n}\n"), "\(json)")
        }
    }

    /// What is at the cluster's name, and the reason why it doesn't do.
    enum Fault: String, CaseIterable {
        case absent = "there is no record of this kind"
        case foreign = "no record is signed by the pinned key"
        case misnamed = "the record is for another name"
        case expired = "the record has expired"
    }

    @Test(
        "A manifest that can't be trusted is refused with its reason, and cluster mode stays off",
        arguments: Fault.allCases
    )
    func refused(_ fault: Fault) async throws {
        try await self.withPinned { cluster, user in
            let other = try TestOperator(0x22)
            let entries = try cluster.entries
            let past = UnixSeconds(rawValue: UnixSeconds.systemTime().rawValue - 10)
            let value: TXTValue? =
                switch fault {
                case .absent: nil
                case .foreign:
                    try other.manifest(of: "mesh.test", sequence: 7, expires: cluster.expires, nodes: entries)
                case .misnamed:
                    try cluster.clusterOperator.manifest(
                        of: "other.test",
                        sequence: 7,
                        expires: cluster.expires,
                        nodes: entries
                    )
                case .expired:
                    try cluster.clusterOperator.manifest(of: "mesh.test", sequence: 7, expires: past, nodes: entries)
                }
            if let value { try await cluster.publish(value, at: "cluster.mesh.test") }
            let before = try user.configurationText
            for verb in ["fetch", "status"] {
                let outcome = await user.expect(.networkError, "cluster", verb)
                let start = "dnsmesh: no verifying cluster manifest at cluster.mesh.test: \(fault.rawValue); "
                #expect(outcome.errors.hasPrefix(start), "\(outcome)")
                #expect(outcome.output.isEmpty)
            }
            let enabled = await user.expect(.networkError, "cluster", "enable")
            #expect(
                enabled.errors.hasPrefix("dnsmesh: cluster manifest fetch failed for mesh.test: \(fault.rawValue); ")
            )
            #expect(enabled.errors.contains("Cluster mode stays off."), "\(enabled)")
            #expect(try user.configurationText == before)
        }
    }

    @Test("A node that can't be used is named: fetching warns, enabling refuses")
    func unusableNode() async throws {
        try await self.withPinned { cluster, user in
            let odd = [
                try DMPProtocol.ClusterNode(id: "n01", httpEndpoint: "ftp://n1.test", dnsEndpoint: "127.0.0.1"),
                try DMPProtocol.ClusterNode(id: "n02", httpEndpoint: "https://n2.test", dnsEndpoint: "127.0.0.1:x"),
            ]
            for (sequence, node) in odd.enumerated() {
                try await cluster.announce(UInt64(7 + sequence), [node])
                let fetched = await user.expect(.success, "cluster", "fetch")
                #expect(fetched.errors.contains("can't be used: node \(node.id): "), "\(fetched)")
                let enabled = await user.expect(.networkError, "cluster", "enable")
                #expect(enabled.errors.contains("node \(node.id): "), "\(enabled)")
                #expect(try !user.load().clusterEnabled)
                let status = await user.expect(.networkError, "cluster", "status")
                #expect(status.errors.contains("node \(node.id) is not well: "), "\(status)")
            }
        }
    }

    @Test("A manifest older than one that was used is refused")
    func rollback() async throws {
        try await self.withPinned { cluster, user in
            try await cluster.announce(8)
            await user.expect(.success, "cluster", "enable")
            try await cluster.nodes[0].withdraw(cluster.manifest(8), at: "cluster.mesh.test")
            try await cluster.announce(7)
            let fetched = await user.expect(.networkError, "cluster", "fetch")
            #expect(fetched.errors.contains("the manifest has the sequence 7, and 8 was seen before"), "\(fetched)")
            let enabled = await user.expect(.networkError, "cluster", "enable")
            #expect(enabled.errors.contains("Cluster mode stays on."), "\(enabled)")
            let status = await user.expect(.networkError, "cluster", "status")
            #expect(status.output.hasPrefix("cluster: mesh.test (seq=8, "), "\(status)")
            #expect(status.errors.contains("showing the manifest kept from before"), "\(status)")
            #expect(status.errors.contains("its cluster manifest has the sequence 7, and there is 8"), "\(status)")
        }
    }
}
