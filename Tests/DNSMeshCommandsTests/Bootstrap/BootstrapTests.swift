import ArgumentParser
import DMPCrypto
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSMeshNode
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("bootstrap pin, fetch and discover", .timeLimit(.minutes(5)))
struct BootstrapTests {
    private static let domain = "example.test"

    /// Who signs for the domain, whose clusters are one that nobody runs and the live one.
    private struct Zone {
        let signer: TestOperator
        let dead: TestOperator
        let cluster: LiveCluster

        init(_ cluster: LiveCluster) throws {
            self.signer = try TestOperator(0x33)
            self.dead = try TestOperator(0x44)
            self.cluster = cluster
        }

        var deadEntry: BootstrapEntry {
            get throws {
                BootstrapEntry(priority: 10, clusterDomain: try RecordDomain("down.test"), operatorKey: self.dead.key)
            }
        }

        var liveEntry: BootstrapEntry {
            get throws {
                BootstrapEntry(
                    priority: 20,
                    clusterDomain: try RecordDomain(LiveCluster.name),
                    operatorKey: self.cluster.clusterOperator.key
                )
            }
        }

        func announce(_ sequence: UInt64, _ entries: [BootstrapEntry]) async throws {
            let value = try self.signer.bootstrap(
                of: BootstrapTests.domain,
                sequence: sequence,
                expires: self.cluster.expires,
                entries: entries
            )
            try await self.cluster.publish(value, at: "_dmp.\(BootstrapTests.domain)")
        }
    }

    /// Lends a domain whose record names both clusters, and somebody who has pinned its signer.
    private func withPinned(_ body: (Zone, TestUser) async throws -> Void) async throws {
        try await LiveCluster.run(of: 1) { cluster in
            let zone = try Zone(cluster)
            try await zone.announce(3, [zone.deadEntry, zone.liveEntry])
            try await cluster.announce(7)
            let user = try await cluster.user("gina", "--http-token", "old-token")
            await user.expect(.success, "bootstrap", "pin", Self.domain, zone.signer.key.hex)
            try await body(zone, user)
        }
    }

    @Test("Pinning writes the two anchors and nothing else, and says how to go on")
    func pin() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "gina"))
            await user.expect(.success, "init", "gina")
            var expected = try user.load()
            let key = try TestOperator(0x33).key.hex
            let outcome = await user.expect(.success, "bootstrap", "pin", "Example.com.", key.uppercased())
            #expect(
                outcome.output == """
                    pinned bootstrap signer for example.com
                    next:
                      1. `dnsmesh bootstrap fetch` to verify the record at _dmp.example.com resolves
                      2. `dnsmesh bootstrap discover <user>@example.com` to see which cluster(s) the domain points at

                    """
            )
            (expected.bootstrapUserDomain, expected.bootstrapSignerKey) = ("example.com", key)
            #expect(try user.load() == expected)
            let json = await user.expect(.success, "bootstrap", "pin", "example.com", key, "--json")
            #expect(
                json.output
                    == "{\n  \"bootstrap_user_domain\": \"example.com\",\n  \"bootstrap_signer_spk\": \"\(key)\"\n}\n"
            )
            let text = try user.configurationText
            let refused = [
                (["a..b", key], "invalid user_domain: "), (["example.com", "zz"], "signer_spk must be 64 hex chars"),
                (["example.com", "abcd"], "signer_spk must be 32 bytes; got 2"),
            ]
            for (arguments, message) in refused {
                let outcome = await user.run(["bootstrap", "pin"] + arguments)
                #expect(outcome.code == .userError)
                #expect(outcome.errors.hasPrefix("dnsmesh: \(message)"), "\(outcome)")
            }
            #expect(try user.configurationText == text)
        }
    }

    @Test("The record is shown with its entries, the one to try first in front")
    func fetch() async throws {
        try await self.withPinned { zone, user in
            let (dead, live) = (zone.dead.key.hex.prefix(16), zone.cluster.clusterOperator.key.hex.prefix(16))
            let expected = """
                user_domain: example.test
                seq:         3
                expires:     \(zone.cluster.expires.rawValue)
                entries (sorted by priority):
                  priority=10  cluster=down.test  operator_spk=\(dead)...
                  priority=20  cluster=mesh.test  operator_spk=\(live)...

                """
            let pinned = await user.expect(.success, "bootstrap", "fetch")
            #expect(pinned.output == expected)
            let stranger = try await zone.cluster.user("stranger")
            let key = zone.signer.key.hex
            let options = ["--user-domain", "EXAMPLE.test.", "--signer-spk", key]
            let given = await stranger.run(["bootstrap", "fetch"] + options)
            #expect(given.output == expected, "\(given)")
            let json = await user.expect(.success, "bootstrap", "fetch", "--json")
            #expect(json.output.contains("\"operator_spk\": \"\(zone.dead.key.hex)\""), "\(json)")
        }
    }

    @Test("What is missing or wrong is exit 1, a record that doesn't verify exit 2, each with its reason")
    func fetchRefusals() async throws {
        try await self.withPinned { zone, user in
            let other = try TestOperator(0x55).key.hex
            let cases: [(ExitCode, [String], String)] = [
                (.userError, ["--user-domain", "other.test"], "no bootstrap signer pinned for 'other.test'"),
                (.userError, ["--signer-spk", "zz"], "signer_spk must be 64 hex chars"),
                (.userError, ["--signer-spk", "abcd"], "signer_spk must be 32 bytes; got 2"),
                (
                    .userError, ["--user-domain", "a..b", "--signer-spk", other], "invalid bootstrap user_domain: "
                ),
                (
                    .networkError, ["--user-domain", "other.test", "--signer-spk", other],
                    "no verifying bootstrap record at _dmp.other.test. there is no record of this kind; "
                ),
                (
                    .networkError, ["--signer-spk", other],
                    "no verifying bootstrap record at _dmp.example.test. no record is signed by the pinned key; "
                ),
            ]
            for (code, options, message) in cases {
                let outcome = await user.run(["bootstrap", "fetch"] + options)
                #expect(outcome.code == code, "\(outcome)")
                #expect(outcome.errors.hasPrefix("dnsmesh: \(message)"), "\(outcome)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test("Discovery shows the first cluster that can be used, names the others, and changes nothing")
    func discover() async throws {
        try await self.withPinned { zone, user in
            let before = try user.configurationText
            let key = zone.cluster.clusterOperator.key.hex
            let outcome = await user.expect(.success, "bootstrap", "discover", "gina@example.test")
            #expect(
                outcome.output == """
                    address:     gina@example.test
                    user_domain: example.test  (seq=3, exp=\(zone.cluster.expires.rawValue))
                    best entry: priority=20
                      cluster_base_domain: mesh.test
                      operator_spk:        \(key)

                    to pin this cluster manually, run:
                      dnsmesh cluster pin \(key) mesh.test
                      dnsmesh cluster fetch  # verify manifest
                      dnsmesh cluster enable # activate cluster mode

                    or re-run with --auto-pin to do all of the above atomically.

                    """
            )
            #expect(outcome.errors.hasPrefix("dnsmesh: skipped cluster down.test (priority 10): "), "\(outcome)")
            let json = await user.expect(.success, "bootstrap", "discover", "gina@example.test", "--json")
            #expect(json.output.contains("\"usable\": true") && json.output.contains("\"skipped\": ["), "\(json)")
            try await zone.announce(4, [zone.deadEntry])
            let unusable = await user.expect(.success, "bootstrap", "discover", "gina@example.test")
            #expect(unusable.output.contains("\nWARNING: "), "\(unusable)")
            #expect(unusable.output.contains("\nbest entry: priority=10\n"), "\(unusable)")
            #expect(try user.configurationText == before)
        }
    }

    @Test("--auto-pin writes both anchors, turns cluster mode on and drops the tokens of other nodes, in one step")
    func autoPin() async throws {
        try await self.withPinned { zone, user in
            var expected = try user.load()
            let (signer, key) = (zone.signer.key.hex, zone.cluster.clusterOperator.key.hex)
            let outcome = await user.expect(.success, "bootstrap", "discover", "gina@example.test", "--auto-pin")
            #expect(
                outcome.output == """
                    address:     gina@example.test
                    user_domain: example.test  (seq=3)
                    cluster:     mesh.test  (seq=7, nodes=1)

                    wrote config:
                      bootstrap_user_domain = example.test
                      bootstrap_signer_spk  = \(signer)
                      cluster_base_domain   = mesh.test
                      cluster_operator_spk  = \(key)
                      cluster_enabled       = True

                    """
            )
            #expect(outcome.errors.contains("set identity_domain to example.test"), "\(outcome)")
            #expect(outcome.errors.contains("http_token") && !outcome.errors.contains("old-token"), "\(outcome)")
            (expected.clusterBaseDomain, expected.clusterOperatorKey) = ("mesh.test", key)
            (expected.clusterEnabled, expected.httpToken) = (true, nil)
            #expect(try user.load() == expected)
            let published = await user.expect(.success, "identity", "publish")
            #expect(published.output.contains(".mesh.test"), "\(published)")

            _ = try await user.file().update { $0.clusterNodeToken = "new" }
            let json = await user.expect(.success, "bootstrap", "discover", "gina@example.test", "--auto-pin", "--json")
            #expect(json.output.contains("\"cluster_enabled\": true"), "\(json)")
            #expect(try user.load().clusterNodeToken == "new")
        }
    }

    @Test("--auto-pin without a usable cluster, or for a domain that isn't pinned, changes nothing")
    func autoPinRefusals() async throws {
        try await self.withPinned { zone, user in
            try await zone.announce(4, [zone.deadEntry])
            let before = try user.configurationText
            let key = zone.signer.key.hex
            let cases: [(ExitCode, [String], String)] = [
                (.networkError, ["gina@example.test"], "none of the 1 clusters of example.test can be used"),
                (.userError, ["gina@other.test"], "no bootstrap signer pinned for 'other.test'"),
                (.userError, ["gina@other.test", "--signer-spk", key], "no bootstrap signer pinned for 'other.test'"),
                (.userError, ["gina"], "gina is no address"), (.userError, ["@example.test"], "is no address"),
                (.userError, ["gina@a..b"], "invalid host"),
            ]
            for (code, arguments, message) in cases {
                let outcome = await user.run(["bootstrap", "discover", "--auto-pin"] + arguments)
                #expect(outcome.code == code, "\(outcome)")
                #expect(outcome.errors.contains(message), "\(outcome)")
                #expect(outcome.output.isEmpty)
                #expect(try user.configurationText == before)
            }
        }
    }

    @Test("An identity is looked up in the cluster of its domain, and nothing is kept of the cluster")
    func viaBootstrap() async throws {
        try await self.withPinned { zone, user in
            let hugo = try await zone.cluster.user("hugo", "--identity-domain", Self.domain)
            await hugo.expect(.success, "cluster", "pin", zone.cluster.clusterOperator.key.hex, LiveCluster.name)
            await hugo.expect(.success, "cluster", "enable")
            await hugo.expect(.success, "identity", "publish")
            let before = try user.configurationText
            let found = await user.expect(.success, "identity", "fetch", "hugo@example.test", "--via-bootstrap")
            #expect(found.output.hasPrefix("address:            hugo@example.test\n"), "\(found)")
            #expect(try user.configurationText == before)
            let cases: [(ExitCode, String, String)] = [
                (.userError, "hugo", "--via-bootstrap goes with an address"),
                (.userError, "hugo@a..b", "invalid host"),
                (.userError, "hugo@other.test", "no bootstrap signer pinned for 'other.test'"),
                (.networkError, "nobody@example.test", "none verified as an identity of nobody"),
            ]
            for (code, person, message) in cases {
                let outcome = await user.run("identity", "fetch", person, "--via-bootstrap")
                #expect(outcome.code == code, "\(outcome)")
                #expect(outcome.errors.contains(message), "\(outcome)")
            }
            try await zone.announce(4, [zone.deadEntry])
            let unusable = await user.expect(.networkError, "identity", "fetch", "hugo@example.test", "--via-bootstrap")
            #expect(unusable.errors.contains("no cluster of example.test can be used now"), "\(unusable)")
        }
    }
}
