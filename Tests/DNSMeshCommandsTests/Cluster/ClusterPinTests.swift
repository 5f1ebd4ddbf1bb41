import ArgumentParser
import DMPCrypto
import DMPTesting
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("cluster pin and disable")
struct ClusterPinTests {
    private static let key = String(repeating: "1", count: 2) + "22" + String(repeating: "a", count: 60)

    /// Lends somebody with a config, and an Ed25519 key that anybody may pin.
    private func withUser(_ body: (TestUser, String) async throws -> Void) async throws {
        let key = try TestOperator(0x11).key.hex
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "alice"))
            await user.expect(.success, "init", "alice", "--dns-resolvers", "127.0.0.1:9")
            try await body(user, key)
        }
    }

    @Test("Pinning writes the anchors in their normal form, turns nothing on, and says how to go on")
    func pin() async throws {
        try await self.withUser { user, key in
            var expected = try user.load()
            let outcome = await user.expect(.success, "cluster", "pin", key.uppercased(), "Mesh.Example.com.")
            #expect(
                outcome.output == """
                    pinned cluster operator key and base domain mesh.example.com
                    next:
                      1. `dnsmesh cluster fetch` to verify the manifest resolves
                      2. `dnsmesh cluster enable` to cut over from the legacy endpoint

                    """
            )
            #expect(outcome.errors.isEmpty)
            expected.clusterOperatorKey = key
            expected.clusterBaseDomain = "mesh.example.com"
            #expect(try user.load() == expected)
            #expect(try user.load().effectiveDomain == "mesh.local")
            let json = await user.expect(.success, "cluster", "pin", key, "mesh.example.com", "--json")
            #expect(
                json.output == """
                    {
                      "cluster_base_domain": "mesh.example.com",
                      "cluster_operator_spk": "\(key)",
                      "cluster_enabled": false
                    }

                    """
            )
        }
    }

    @Test(
        "A key or a domain that is none changes nothing",
        arguments: [
            ("zz", "mesh.test", "operator_spk must be 64 hex chars"),
            ("abc", "mesh.test", "operator_spk must be 64 hex chars"),
            ("abcd", "mesh.test", "operator_spk must be 32 bytes; got 2"),
            (key, "", "invalid base_domain: "), (key, ".", "invalid base_domain: "),
            (key, "mesh.test..", "invalid base_domain: "), (key, "-mesh.test", "invalid base_domain: "),
            (key, "mésh.test", "invalid base_domain: "), (key, "me_sh.test", "invalid base_domain: "),
            (key, String(repeating: "a", count: 64) + ".test", "invalid base_domain: "),
            (key, "a." + String(repeating: "b", count: 63), "invalid base_domain: "),
        ]
    )
    func refusals(key: String, domain: String, message: String) async throws {
        try await self.withUser { user, _ in
            let before = try user.configurationText
            let outcome = await user.run("cluster", "pin", "--", key, domain)
            #expect(outcome.code == .userError, "\(outcome)")
            #expect(outcome.errors.hasPrefix("dnsmesh: \(message)"), "\(outcome)")
            #expect(outcome.output.isEmpty)
            #expect(try user.configurationText == before)
        }
    }

    @Test("Pinning again turns cluster mode off; a token for nodes stays only if the cluster is the same")
    func again() async throws {
        try await self.withUser { user, key in
            for (domain, token) in [("mesh.test", "t"), ("other.test", "")] {
                _ = try await user.file().update { configuration in
                    (configuration.clusterOperatorKey, configuration.clusterBaseDomain) = (key, "mesh.test")
                    (configuration.clusterEnabled, configuration.clusterNodeToken) = (true, "t")
                }
                let outcome = await user.expect(.success, "cluster", "pin", key, domain)
                #expect(outcome.errors.contains("cluster mode was on and is off now"), "\(outcome)")
                #expect(outcome.errors.contains("cluster_node_token") == token.isEmpty, "\(outcome)")
                let after = try user.load()
                #expect(!after.clusterEnabled && after.clusterNodeToken == token && after.clusterBaseDomain == domain)
            }
        }
    }

    @Test("Disabling twice changes the config once, and leaves the anchors alone")
    func disable() async throws {
        try await self.withUser { user, key in
            await user.expect(.success, "cluster", "pin", key, "mesh.test")
            let pinned = try user.configurationText
            _ = try await user.file().update { $0.clusterEnabled = true }
            let first = await user.expect(.success, "cluster", "disable")
            #expect(first.output == "cluster mode disabled — next commands will use the legacy endpoint path.\n")
            #expect(try user.configurationText == pinned)
            let second = await user.expect(.success, "cluster", "disable")
            #expect(second.output == "cluster mode already disabled — state unchanged.\n")
            let json = await user.expect(.success, "cluster", "disable", "--json")
            #expect(json.output == "{\n  \"cluster_enabled\": false,\n  \"changed\": false\n}\n")
            #expect(try user.configurationText == pinned)
        }
    }

    @Test(
        "Without a config, or without a pin, each command says what to do first",
        arguments: [
            ["cluster", "pin", key, "mesh.test"], ["cluster", "disable"], ["cluster", "fetch"], ["cluster", "enable"],
            ["cluster", "status"], ["bootstrap", "pin", "example.com", key], ["bootstrap", "fetch"],
            ["bootstrap", "discover", "bob@example.com"],
        ]
    )
    func missing(arguments: [String]) async throws {
        try await withTestFolder { folder in
            let nobody = TestUser(folder: folder.appending(path: "nobody"))
            let missing = await nobody.run(arguments)
            #expect(missing.code == .userError)
            #expect(missing.errors.hasPrefix("dnsmesh: no config at "), "\(missing)")
        }
        guard !arguments.contains("pin"), !arguments.contains("disable") else { return }
        try await self.withUser { user, _ in
            let unpinned = await user.run(arguments)
            #expect(unpinned.code == .userError)
            #expect(unpinned.errors.contains("dnsmesh \(arguments[0]) pin"), "\(unpinned)")
        }
    }

    @Test("Anchors that were spoilt by hand are named with their place", arguments: ["zz", "abcd"])
    func spoilt(key: String) async throws {
        try await self.withUser { user, _ in
            _ = try await user.file().update { configuration in
                (configuration.clusterOperatorKey, configuration.clusterBaseDomain) = (key, "mesh.test")
                configuration.clusterEnabled = true
            }
            for arguments in [["cluster", "fetch"], ["cluster", "status"], ["identity", "fetch", "bob"]] {
                let outcome = await user.run(arguments)
                #expect(outcome.code == .userError)
                #expect(outcome.errors.contains("config.yaml: cluster_operator_spk must be "), "\(outcome)")
            }
        }
    }
}
