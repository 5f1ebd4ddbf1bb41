import ArgumentParser
import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Reading through the configured resolvers", .timeLimit(.minutes(2)))
struct ReadingThroughResolversTests {
    /// Runs `body` with a reader in `folder` who knows nobody and has these resolvers.
    private func fetch(_ name: String, through resolvers: String..., in folder: URL) async
        -> TestUser.Outcome
    {
        let user = TestUser(folder: folder.appending(path: "reader"), now: UnixSeconds.systemTime)
        let list = resolvers.joined(separator: ",")
        let made = await user.run(
            "init",
            "reader",
            "--force",
            "--domain",
            "mesh.test",
            "--dns-resolvers",
            list
        )
        #expect(made.code == .success, "\(made)")
        return await user.run("identity", "fetch", name)
    }

    private func publish(_ name: String, to endpoint: String, in folder: URL) async {
        let user = TestUser(
            folder: folder.appending(path: name),
            environment: ["DMP_PASSPHRASE": "the passphrase of \(name)"],
            now: UnixSeconds.systemTime
        )
        let made = await user.run("init", name, "--domain", "mesh.test", "--endpoint", endpoint)
        #expect(made.code == .success, "\(made)")
        let published = await user.run("identity", "publish")
        #expect(published.code == .success, "\(published)")
    }

    @Test("A dead resolver, and one that knows nothing, don't hide what another one has")
    func failover() async throws {
        try await withTestFolder { folder in
            let closed = try await closedAddress(in: folder)
            try await withLoopbackNodes(2, in: folder) { nodes in
                await self.publish("alice", to: nodes[1].httpEndpoint, in: folder)
                for first in [closed, nodes[0].resolver] {
                    let found = await self.fetch("alice", through: first, nodes[1].resolver, in: folder)
                    #expect(found.code == .success, "\(found)")
                    #expect(found.output.hasPrefix("address:            alice@mesh.test\n"))
                }
                let alone = await self.fetch("alice", through: nodes[0].resolver, in: folder)
                #expect(alone.code == .networkError, "\(alone)")
            }
        }
    }

    @Test("When no resolver answers, the message says what the first one did")
    func allDead() async throws {
        try await withTestFolder { folder in
            let closed = try await closedAddress(in: folder)
            let outcome = await self.fetch("alice", through: closed, closed, in: folder)
            #expect(outcome.code == .networkError, "\(outcome)")
            #expect(outcome.errors.contains(": nothing listens at \(closed), and 1 more failed"), "\(outcome)")
            #expect(!outcome.errors.contains("\(closed): "), "\(outcome)")
        }
    }

    @Test("dns_resolvers wins over dns_host, each entry with its own port")
    func precedence() throws {
        var configuration = Configuration()
        configuration.dnsHost = "127.0.0.9"
        #expect(try self.upstreams(configuration) == ["127.0.0.9:5353"])
        configuration.dnsResolvers = ["127.0.0.1", "127.0.0.2:5300", "::1", "[::1]:5301"]
        #expect(
            try self.upstreams(configuration) == [
                "127.0.0.1:53", "127.0.0.2:5300", "[::1]:53", "[::1]:5301",
            ]
        )
        configuration.dnsResolvers = ["localhost"]
        #expect(throws: CommandFailure.self) { try self.upstreams(configuration) }
    }

    @Test("With dnssec_required, what a server hasn't validated is no answer")
    func dnssec() async throws {
        try await withTestFolder { folder in
            try await withLoopbackNodes(1, in: folder) { nodes in
                await self.publish("alice", to: nodes[0].httpEndpoint, in: folder)
                let found = await self.fetch("alice", through: nodes[0].resolver, in: folder)
                #expect(found.code == .success, "\(found)")
                let reader = TestUser(folder: folder.appending(path: "reader"), now: UnixSeconds.systemTime)
                _ = try await reader.file().update { $0.dnssecRequired = true }
                let refused = await reader.run("identity", "fetch", "alice")
                #expect(refused.code == .networkError, "\(refused)")
                #expect(refused.errors.contains("without DNSSEC validation"), "\(refused)")
            }
        }
    }

    private func upstreams(_ configuration: Configuration) throws -> [String] {
        try ClientSettings(configuration: configuration, path: "config.yaml").upstreams().map(
            \.description
        )
    }
}
