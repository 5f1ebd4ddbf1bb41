import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Logging
import Testing

@testable import DNSMeshCommands

@Suite("dnsmesh cluster sign, dnsmesh bootstrap sign")
struct SignTests {
    @Test("What is signed is printed with its name, saved as it is, and read under the pinned key")
    func cluster() async throws {
        try await withTestFolder { folder in
            let (user, key) = try await Self.makeOperator(in: folder)
            try Self.write(Self.manifest(["http://127.0.0.1:1"]), "cluster.yaml", in: folder)
            let signed = await user.run("cluster", "sign", "cluster.yaml", "--key", "k", "--save", "cluster.wire")
            #expect(signed.code == .success && signed.errors.isEmpty, "\(signed)")
            let wire = try String(contentsOf: folder.appending(path: "cluster.wire"), encoding: .utf8)
            #expect(signed.output.hasSuffix("\n\(wire)\n") && signed.output.contains("owner: cluster.mesh.test\n"))
            #expect(try mode(of: folder.appending(path: "cluster.wire")) == 0o644)
            let read = try Signed<ClusterManifest>(
                parsing: TXTValue(wire),
                now: user.now(),
                signer: key,
                name: ZoneName("mesh.test")
            )
            #expect(read.body.sequence == 7 && read.body.nodes.map(\.id) == ["n1"])
        }
    }

    @Test("A bootstrap record likewise")
    func bootstrap() async throws {
        try await withTestFolder { folder in
            let (user, key) = try await Self.makeOperator(in: folder)
            let text =
                "domain: example.test\nseq: 3\nexpires: 1d\nclusters:\n"
                + "- {priority: 5, cluster: mesh.test, operator: \(key.hex)}\n"
            try Self.write(text, "b.yaml", in: folder)
            let signed = await user.run("bootstrap", "sign", "b.yaml", "--key", "k", "--json")
            #expect(signed.code == .success, "\(signed)")
            let shown = try JSONDecoder().decode(Shown.self, from: Data(signed.output.utf8))
            #expect(shown.owner == "_dmp.example.test" && shown.seq == 3 && shown.signerKey == key.hex)
            #expect(shown.saved == nil && shown.published.isEmpty)
            let value = TXTValue(shown.wire)
            #expect(try Signed<BootstrapRecord>(parsing: value, now: user.now(), signer: key).body.entries.count == 1)
        }
    }

    @Test("A fault in the file is named with the file and the key, and nothing is written")
    func fault() async throws {
        try await withTestFolder { folder in
            let (user, _) = try await Self.makeOperator(in: folder)
            try Self.write(Self.manifest(["ftp://x"]), "cluster.yaml", in: folder)
            let refused = await user.run("cluster", "sign", "cluster.yaml", "--key", "k", "--save", "w")
            #expect(refused.code == .userError && refused.output.isEmpty)
            #expect(refused.errors.hasPrefix("dnsmesh: cluster.yaml: nodes[1].http: "), "\(refused)")
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "w").path))
            for (file, reason) in [("none.yaml", "there is no file none.yaml"), (".", "is no file of at most")] {
                let unread = await user.run("cluster", "sign", file, "--key", "k")
                #expect(unread.code == .userError && unread.errors.contains(reason), "\(unread)")
            }
            try Data([0xff, 0xfe]).write(to: folder.appending(path: "binary"))
            let binary = await user.run("bootstrap", "sign", "binary", "--key", "k")
            #expect(binary.code == .userError && binary.errors.contains("isn't UTF-8 text"), "\(binary)")
        }
    }

    @Test("A record is saved over an older one only if clients will prefer it")
    func sequence() async throws {
        try await withTestFolder { folder in
            let (user, _) = try await Self.makeOperator(in: folder)
            func sign(_ sequence: Int, _ endpoint: String = "https://a.test") async throws -> TestUser.Outcome {
                try Self.write(Self.manifest([endpoint], sequence: sequence), "c.yaml", in: folder)
                return await user.run("cluster", "sign", "c.yaml", "--key", "k", "--save", "w")
            }
            #expect(try await sign(7).code == .success)
            #expect(try await sign(7).code == .success, "the same again")
            for sequence in [6, 7] {
                let refused = try await sign(sequence, "https://b.test")
                #expect(refused.code == .userError, "\(refused)")
                #expect(refused.errors.contains("c.yaml: seq: \(sequence) is not above the 7"), "\(refused)")
            }
            #expect(try await sign(8, "https://b.test").code == .success)
            try Self.write("something else", "w", in: folder)
            #expect(try await sign(1).code == .success, "what is no manifest of this key doesn't count")
        }
    }

    @Test("With --publish every node of the manifest gets it")
    func publish() async throws {
        try await withTestFolder { folder in
            try await withLoopbackNodes(2, in: folder) { nodes in
                let (user, _) = try await Self.makeOperator(in: folder)
                try Self.write(Self.manifest(nodes.map(\.httpEndpoint)), "c.yaml", in: folder)
                let signed = await user.run("cluster", "sign", "c.yaml", "--key", "k", "--publish", "--json")
                #expect(signed.code == .success, "\(signed)")
                let shown = try JSONDecoder().decode(Shown.self, from: Data(signed.output.utf8))
                #expect(shown.published.map(\.endpoint) == nodes.map(\.httpEndpoint))
                #expect(shown.published.allSatisfy { $0.ok && $0.ttl == 86_400 })
                #expect(signed.errors.contains("forget the record in 86400 seconds"), "\(signed)")
                for node in nodes {
                    let owner = try OwnerName.cluster(ZoneName("mesh.test"))
                    let found = try await withUpstreamReader(node.dnsAddress) { reader in
                        let deadline = ErasedClock.continuous.now.advanced(by: .seconds(10))
                        return try await reader.read(owner, deadline: deadline)
                    }
                    #expect(found == .records([TXTValue(shown.wire)]))
                }
            }
        }
    }

    @Test("A node that does not take the record is named, and the exit code is that of the network")
    func unpublished() async throws {
        try await withTestFolder { folder in
            let (user, _) = try await Self.makeOperator(in: folder)
            try Self.write(Self.manifest(["http://192.0.2.1"]), "c.yaml", in: folder)
            var withToken = user
            withToken.environment["DMP_OPERATOR_TOKEN"] = "secret"
            let failed = await withToken.run("cluster", "sign", "c.yaml", "--key", "k", "--publish", "--save", "w")
            #expect(failed.code == .networkError, "\(failed)")
            #expect(failed.output.contains("not published to http://192.0.2.1: "), "\(failed)")
            #expect(failed.errors.contains("1 of 1 nodes did not take the record"), "\(failed)")
            #expect(failed.errors.contains("warning: n1: http://192.0.2.1 is not encrypted"), "\(failed)")
            #expect(!failed.output.contains("secret") && !failed.errors.contains("secret"))
        }
    }

    @Test("The token comes from a private file, else from the environment")
    func token() async throws {
        try await withTestFolder { folder in
            var configuration = NodeConfiguration()
            configuration.databasePath = folder.appending(path: "node.db").path
            (configuration.dnsPort, configuration.httpPort) = (0, 0)
            configuration.operatorToken = OperatorToken("secret")
            configuration.writeAccess = .operatorOnly
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await withNode(configuration, logger: logger, now: UnixSeconds.systemTime) { node in
                let (user, _) = try await Self.makeOperator(in: folder)
                try Self.write(Self.manifest(["https://elsewhere.test"]), "c.yaml", in: folder)
                let sign = ["cluster", "sign", "c.yaml", "--key", "k", "--publish-to", node.httpEndpoint]
                let without = await user.run(sign)
                #expect(without.code == .networkError && without.output.contains("unauthorized"), "\(without)")
                var withVariable = user
                withVariable.environment["DMP_HTTP_TOKEN"] = "secret"
                #expect(await withVariable.run(sign).code == .success)
                try Self.write("secret\n", "token", in: folder)
                #expect(await user.run(sign + ["--token-file", "token"]).code == .userError, "others can read it")
                let path = folder.appending(path: "token").path
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                #expect(await user.run(sign + ["--token-file", "token"]).code == .success)
                withVariable.environment["DMP_HTTP_TOKEN"] = "two words"
                let unusable = await withVariable.run(sign)
                #expect(unusable.code == .userError && unusable.errors.contains("DMP_HTTP_TOKEN: "), "\(unusable)")
            }
        }
    }

    /// What `--json` prints.
    private struct Shown: Decodable {
        struct Publication: Decodable {
            let endpoint: String
            let ok: Bool
            let ttl: Int?
        }

        let seq: Int
        let signerKey: String
        let owner: String
        let wire: String
        let saved: String?
        let published: [Publication]

        private enum CodingKeys: String, CodingKey {
            case seq, wire, saved, published
            case signerKey = "signer_spk"
            case owner = "dns_name"
        }
    }

    private static func makeOperator(in folder: URL) async throws -> (user: TestUser, key: Ed25519.PublicKey) {
        let user = TestUser(folder: folder, now: UnixSeconds.systemTime)
        let made = await user.run("operator", "keygen", "k")
        return (user, try Ed25519.PublicKey(hex: made.output.trimmingSpaces))
    }

    private static func write(_ text: String, _ name: String, in folder: URL) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644],
            ofItemAtPath: folder.appending(path: name).path
        )
    }

    private static func manifest(_ endpoints: [String], sequence: Int = 7) -> String {
        "cluster: mesh.test\nseq: \(sequence)\nexpires: 1900000000\nnodes:\n"
            + endpoints.enumerated().map { "- {id: n\($0 + 1), http: '\($1)'}\n" }.joined()
    }
}
