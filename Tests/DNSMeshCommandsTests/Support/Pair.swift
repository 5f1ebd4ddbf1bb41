import ArgumentParser
import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Logging
import Testing

@testable import DNSMeshCommands

/// Alice and Bob, each with a folder, on a node that runs inside the test.
struct Pair {
    var alice: TestUser
    var bob: TestUser
    let node: RunningNode

    static func strangers(_ body: (Pair) async throws -> Void) async throws {
        try await withTestFolder { folder in
            var configuration = NodeConfiguration()
            configuration.databasePath = folder.appending(path: "node.db").path
            configuration.dnsPort = 0
            configuration.httpPort = 0
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await withNode(configuration, logger: logger, now: UnixSeconds.systemTime) { node in
                let pair = Pair(alice: Self.user("alice", folder), bob: Self.user("bob", folder), node: node)
                for user in [pair.alice, pair.bob] {
                    let outcome = await user.run(
                        "init",
                        user.folder.lastPathComponent,
                        "--domain",
                        "mesh.test",
                        "--endpoint",
                        node.httpEndpoint,
                        "--dns-host",
                        "127.0.0.1",
                        "--dns-port",
                        "\(node.dnsAddress.port)"
                    )
                    #expect(outcome.code == .success, "\(outcome)")
                }
                try await body(pair)
            }
        }
    }

    static func introduced(_ body: (Pair) async throws -> Void) async throws {
        try await self.strangers { pair in
            for user in [pair.alice, pair.bob] {
                #expect(await user.run("identity", "publish").code == .success)
            }
            #expect(await pair.alice.run("identity", "fetch", "bob", "--add").code == .success)
            #expect(await pair.bob.run("identity", "fetch", "alice@mesh.test", "--add").code == .success)
            try await body(pair)
        }
    }

    /// Somebody else who calls himself bob.
    func impostor() async throws -> TestUser {
        let folder = self.bob.folder.deletingLastPathComponent().appending(path: "impostor")
        let impostor = TestUser(folder: folder, environment: ["DMP_PASSPHRASE": "x"], now: UnixSeconds.systemTime)
        #expect(await impostor.run("init", "bob").code == .success)
        let own = try self.bob.load()
        _ = try await impostor.file().update { configuration in
            (configuration.domain, configuration.endpoint) = (own.domain, own.endpoint)
            (configuration.dnsHost, configuration.dnsPort) = (own.dnsHost, own.dnsPort)
        }
        return impostor
    }

    private static func user(_ name: String, _ folder: URL) -> TestUser {
        TestUser(
            folder: folder.appending(path: name),
            environment: ["DMP_PASSPHRASE": "the passphrase of \(name)"],
            now: UnixSeconds.systemTime
        )
    }
}
