import ArgumentParser
import DMPCrypto
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSMeshNode
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Cluster mode", .timeLimit(.minutes(5)))
struct ClusterModeTests {
    @Test("An old config with both anchors, and no word about cluster mode, keeps using its endpoint and domain")
    func migration() async throws {
        try await LiveCluster.run(of: 2) { cluster in
            let endpoint = cluster.nodes[1].httpEndpoint
            let user = try await cluster.user("alice", "--domain", "old.test", "--endpoint", endpoint)
            await user.expect(.success, "cluster", "pin", cluster.clusterOperator.key.hex, LiveCluster.name)
            let lines = try user.configurationText.split(separator: "\n").filter { !$0.hasPrefix("cluster_enabled") }
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: user.configurationFile)
            let published = await user.expect(.success, "identity", "publish")
            #expect(published.output.contains(".old.test"), "\(published)")
            let shown = await user.expect(.success, "identity", "show")
            #expect(shown.output.contains("old.test") && !shown.output.contains("mesh.test"), "\(shown)")
        }
    }

    @Test(
        "Without a manifest, networked commands exit 2 with the way out, and local ones work; a wrong passphrase comes first"
    )
    func noManifest() async throws {
        try await LiveCluster.run(of: 1) { cluster in
            let user = try await cluster.user("alice")
            await user.expect(.success, "identity", "show")
            await user.expect(.success, "cluster", "pin", cluster.clusterOperator.key.hex, LiveCluster.name)
            _ = try await user.file().update { $0.clusterEnabled = true }
            for arguments in [["identity", "publish"], ["recv"], ["identity", "fetch", "bob"]] {
                let outcome = await user.run(arguments)
                #expect(outcome.code == .networkError, "\(outcome)")
                #expect(outcome.errors.contains("cluster manifest fetch failed for mesh.test: "), "\(outcome)")
                #expect(outcome.errors.contains("`dnsmesh cluster disable`"), "\(outcome)")
            }
            let shown = await user.expect(.success, "identity", "show")
            #expect(shown.output.contains("mesh.test"), "\(shown)")
            var mistyped = user
            mistyped.environment["DMP_PASSPHRASE"] = "another"
            let outcome = await mistyped.run("recv")
            #expect(outcome.code == .userError, "\(outcome)")
            #expect(outcome.errors.contains("passphrase mismatch"), "\(outcome)")
        }
    }

    @Test("When the look-up fails, the manifest of before is used with a warning, also one that was only saved")
    func keptManifest() async throws {
        try await LiveCluster.run(of: 1) { cluster in
            try await cluster.announce(7)
            let user = try await cluster.member("alice")
            await user.expect(.success, "cluster", "fetch", "--save")
            let closed = try await closedAddress(in: cluster.folder)
            _ = try await user.file().update { $0.dnsResolvers = [closed] }
            let published = await user.expect(.success, "identity", "publish")
            #expect(published.errors.contains("using the manifest kept from before (seq 7)"), "\(published)")
            for name in try FileManager.default.contentsOfDirectory(atPath: user.folder.path)
            where name.hasSuffix(".cache") {
                try FileManager.default.removeItem(at: user.folder.appending(path: name))
            }
            let fetched = await user.expect(.success, "identity", "fetch", "alice")
            #expect(fetched.errors.contains("using the manifest kept from before (seq 7)"), "\(fetched)")
        }
    }

    @Test("A saved manifest that nobody has signed is not used")
    func forgedManifest() async throws {
        try await LiveCluster.run(of: 1) { cluster in
            try await cluster.announce(7)
            let user = try await cluster.user("alice")
            await user.expect(.success, "cluster", "pin", cluster.clusterOperator.key.hex, LiveCluster.name)
            let closed = try await closedAddress(in: cluster.folder)
            _ = try await user.file().update { ($0.clusterEnabled, $0.dnsResolvers) = (true, [closed]) }
            let forged = try TestOperator(0x22).manifest(
                of: "mesh.test",
                sequence: 9,
                expires: cluster.expires,
                nodes: cluster.entries
            )
            let file = user.folder.appending(path: "cluster_manifest.wire")
            try Data(forged.bytes).write(to: file)
            await user.expect(.networkError, "identity", "fetch", "alice")
            try Data(cluster.manifest(7).bytes).write(to: file)
            let trusted = await user.run("identity", "fetch", "alice")
            #expect(trusted.errors.contains("seq 7") && trusted.errors.contains("no identity record"), "\(trusted)")
        }
    }

    @Test("With fewer nodes than a quorum nothing is sent, the status says so with exit 2, and reading goes on")
    func noQuorum() async throws {
        try await LiveCluster.run(of: 1) { cluster in
            let closed = try await closedAddress(in: cluster.folder)
            let dead = try ["n02", "n03"].map {
                try DMPProtocol.ClusterNode(id: $0, httpEndpoint: "http://\(closed)", dnsEndpoint: closed)
            }
            try await cluster.announce(7, cluster.entries + dead)
            let user = try await cluster.member("alice")
            let published = await user.expect(.networkError, "identity", "publish")
            #expect(published.errors.contains("publish to id-"), "\(published)")
            let received = await user.expect(.success, "recv", "--tofu")
            #expect(received.output == "(no new messages)\n", "\(received)")
            let status = await user.expect(.networkError, "cluster", "status", "--json")
            #expect(status.output.contains("\"usable\": false"), "\(status)")
            #expect(status.output.contains("\"quorum\": 2"), "\(status)")
            #expect(status.errors.split(separator: "\n").count == 2, "\(status)")
        }
    }

    @Test("The token for nodes goes to nodes on this machine, and not over an open line")
    func tokens() async throws {
        try await LiveCluster.run(of: 1) { cluster in
            let open = try DMPProtocol.ClusterNode(id: "n02", httpEndpoint: "http://192.0.2.1", dnsEndpoint: nil)
            try await cluster.announce(7, cluster.entries + [open])
            let user = try await cluster.member("alice")
            _ = try await user.file().update { $0.clusterNodeToken = "secret" }
            await user.expect(.success, "identity", "publish")
            let status = await user.expect(.success, "cluster", "status")
            #expect(status.errors.contains("node n02 is not well: writing: the token for 192.0.2.1 would travel"))
            #expect(status.output.contains("cluster_enabled: True\n"))
            #expect(!status.output.contains("secret") && !status.errors.contains("secret"))
        }
    }
}
