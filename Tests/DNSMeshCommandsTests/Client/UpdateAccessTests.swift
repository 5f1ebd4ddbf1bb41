import ArgumentParser
import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Logging
import Testing

@testable import DNSMeshCommands

@Suite("Writing by DNS UPDATE from the command line")
struct UpdateAccessTests {
    private static let secret = String(repeating: "73", count: 32)

    /// A setting that can't be used.
    struct Fault: Sendable, CustomTestStringConvertible {
        let key: String
        let change: @Sendable (inout Configuration) -> Void

        init(_ key: String, _ change: @escaping @Sendable (inout Configuration) -> Void) {
            (self.key, self.change) = (key, change)
        }

        var testDescription: String { self.key }

        static let all = [
            Fault("tsig_secret_hex") { $0.tsigSecretHex = "7g7g" }, Fault("tsig_zone") { $0.tsigZone = " " },
            Fault("tsig_zone") { $0.tsigZone = "a..b" }, Fault("tsig_key_name") { $0.tsigKeyName = "a..b" },
            Fault("tsig_algorithm") { $0.tsigAlgorithm = "hmac-md5" },
            Fault("tsig_dns_port") { $0.tsigDNSPort = 70_000 },
            Fault("tsig_dns_server") { $0.tsigDNSServer = "" },
            Fault("tsig_dns_server") { $0.tsigDNSServer = "a..b" },
        ]
    }

    /// Changes the `tsig_…` keys of a user.
    private static func configure(
        _ user: TestUser,
        port: Int = 53,
        _ change: @escaping @Sendable (inout Configuration) -> Void = { _ in }
    ) async throws {
        _ = try await user.file().update { configuration in
            configuration.tsigKeyName = "alice-key."
            configuration.tsigSecretHex = Self.secret
            configuration.tsigZone = "mesh.test"
            configuration.tsigDNSServer = "127.0.0.1"
            configuration.tsigDNSPort = port
            change(&configuration)
        }
    }

    @Test(
        "A fault in the TSIG settings is named with its key, exit 1, and without the secret",
        arguments: Fault.all
    )
    func faults(_ fault: Fault) async throws {
        try await Pair.strangers { pair async throws in
            try await Self.configure(pair.alice, fault.change)
            for arguments in [["identity", "publish"], ["recv"]] {
                let outcome = await pair.alice.run(arguments)
                #expect(outcome.code.rawValue == 1 && outcome.errors.contains(fault.key), "\(outcome)")
                #expect(!outcome.errors.contains("7373") && !outcome.errors.contains("7g7g"))
            }
            #expect(await pair.alice.run("identity", "show").code == .success)
        }
    }

    @Test("A server that can't be reached or found is trouble with the network, exit 2; recv goes on without")
    func unreachable() async throws {
        try await Pair.introduced { pair async throws in
            for server in ["127.0.0.1", "ns.nowhere.test"] {
                try await Self.configure(pair.alice, port: 1) { $0.tsigDNSServer = server }
                let outcome = await pair.alice.run("identity", "publish")
                #expect(outcome.code.rawValue == 2, "\(outcome)")
                #expect(await pair.alice.run("recv").code == .success)
            }
        }
    }

    @Test("Identity, prekeys, a long message and the answer go by UPDATE, used prekeys too; no endpoint is needed")
    func conversation() async throws {
        try await withTestFolder { folder async throws in
            let file = folder.appending(path: "keys").path
            let keys = "alice-key hmac-sha256 c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=\n"
            #expect(
                FileManager.default.createFile(
                    atPath: file,
                    contents: Data(keys.utf8),
                    attributes: [.posixPermissions: 0o600]
                )
            )
            let configuration = try NodeConfiguration(
                environment: ["DMP_TSIG_KEY_FILE": file, "DMP_SERVED_ZONE": "mesh.test", "DMP_AUTH_MODE": "legacy"],
                databasePath: folder.appending(path: "node.db").path
            )
            var free = configuration
            (free.dnsPort, free.httpPort, free.dnsLimit) = (0, 0, .off)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await withNode(free, logger: logger, now: UnixSeconds.systemTime) { node async throws in
                let users = ["alice", "bob"].map { name in
                    TestUser(
                        folder: folder.appending(path: name),
                        environment: ["DMP_PASSPHRASE": "the passphrase of \(name)"],
                        now: UnixSeconds.systemTime
                    )
                }
                for (user, name) in zip(users, ["alice", "bob"]) {
                    await user.expect(
                        .success,
                        "init",
                        name,
                        "--domain",
                        "mesh.test",
                        "--dns-host",
                        "127.0.0.1",
                        "--dns-port",
                        "\(node.dnsAddress.port)"
                    )
                    try await Self.configure(user, port: node.dnsAddress.port)
                    await user.expect(.success, "identity", "publish")
                    await user.expect(.success, "identity", "refresh-prekeys", "--count", "3")
                }
                await users[0].expect(.success, "identity", "fetch", "bob", "--add")
                await users[1].expect(.success, "identity", "fetch", "alice", "--add")
                let text = String(repeating: "long ", count: 700)
                await users[0].expect(.success, "send", "bob", text)
                let received = await users[1].expect(.success, "recv", "--json")
                #expect(received.output.contains(text))
                let again = await users[1].expect(.success, "recv", "--json")
                #expect(!again.output.contains("long "))
                var bob = users[1]
                bob.environment["DMP_NEW_PASSPHRASE"] = "another passphrase"
                let rotated = await bob.run("identity", "rotate", "--experimental", "--yes")
                #expect(rotated.code == .success && rotated.output.contains("published RotationRecord"), "\(rotated)")
                let followed = await users[0].expect(.success, "send", "bob", "after")
                #expect(followed.errors.contains("bob has replaced its keys"))
            }
        }
    }
}
