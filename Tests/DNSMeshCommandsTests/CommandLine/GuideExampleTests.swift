import ArgumentParser
import DMPProtocol
import Foundation
import Testing

@testable import DNSMeshCommands

/// The examples of the identity guide and of the command line reference that users know.
///
/// | Example | Test |
/// |---|---|
/// | all command lines | ``commandLines(arguments:)`` |
/// | publishing in the mesh domain and in an identity domain, resolving both, the contact list | ``addresses()`` |
/// | the fingerprints of an ambiguous name, and `--accept-fingerprint` | `ConversationTests.ambiguous` |
/// | the passphrase in a file, with the recipe that appends to the config | ``passphraseFile()`` |
/// | the tripwire and its override | ``tripwire()`` |
/// | bad resolvers leave no config | ``badResolvers(list:)`` |
/// | `resolvers discover` and `list` | `ResolversDiscoverTests` |
/// | `cluster`, with its outputs | `ClusterPinTests`, `ClusterFetchTests`, `ClusterConversationLiveTests` |
/// | `bootstrap`, with its outputs | `BootstrapTests` |
/// | routine rotation, and one after a compromise | `IdentityRotateTests` |
@Suite("The examples of the guides", .serialized, .timeLimit(.minutes(2)))
struct GuideExampleTests {
    private static let key = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

    @Test(
        "Every command line is understood",
        arguments: [
            "init alice --identity-domain alice.example.com --domain mesh.local --endpoint http://127.0.0.1:8053",
            "init alice --domain mesh.local --endpoint http://127.0.0.1:8053 --http-token T --dns-host 127.0.0.1 "
                + "--dns-port 5353 --dns-resolvers 8.8.8.8:53,[2001:4860:4860::8888]:53 --identity-domain a.example --force",
            "identity show", "identity show --json", "identity publish", "identity publish --ttl 300",
            "identity refresh-prekeys", "identity refresh-prekeys --count 25 --ttl 3600", "identity fetch alice",
            "identity fetch alice --add", "identity fetch alice@alice.example.com --add",
            "identity fetch alice --domain mesh.local --accept-fingerprint=a1b2c3d4e5f60718 --json",
            "identity fetch alice@alice.example.com --via-bootstrap",
            "contacts add alice 3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f "
                + "--signing-key 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
            "contacts list", "send alice hello", "recv", "resolvers discover",
            "resolvers discover --save --timeout 2.0",
            "resolvers list", "cluster pin 3c6a mesh.example.com", "cluster fetch", "cluster fetch --save",
            "cluster enable", "cluster disable", "cluster status", "bootstrap pin example.com 3c6a",
            "bootstrap fetch", "bootstrap fetch --user-domain example.com --signer-spk \(Self.key)",
            "bootstrap discover alice@example.com", "bootstrap discover alice@example.com --auto-pin",
            "bootstrap discover alice@example.com --signer-spk \(Self.key)",
            "identity rotate --experimental", "identity rotate --experimental --reason compromise",
            "node --db-path /var/lib/dmp/dmp.db --dns-port 5353 --http-port 8053",
        ]
    )
    func commandLines(arguments: String) throws {
        _ = try DNSMeshCommand.parseAsRoot(arguments.split(separator: " ").map(String.init))
    }

    @Test("An identity lies in the mesh domain by its hash, or at the identity domain, and is found there")
    func addresses() async throws {
        try await Pair.strangers { pair in
            let published = await pair.alice.run("identity", "publish").output
            #expect(published.hasPrefix("published identity to id-2bd806c97f0e00af.mesh.test\n"), "\(published)")
            _ = try await pair.bob.file().update { $0.identityDomain = "bob.example.com" }
            let anchored = await pair.bob.run("identity", "publish").output
            #expect(
                anchored == """
                    published identity to dmp.bob.example.com
                      others can resolve you with: dnsmesh identity fetch bob@bob.example.com

                    """
            )
            #expect(await pair.bob.run("identity", "fetch", "alice", "--add").code == .success)
            let fetched = await pair.alice.run("identity", "fetch", "bob@bob.example.com", "--add").output
            #expect(fetched.hasSuffix("added contact bob@bob.example.com (pinned signing key)\n"), "\(fetched)")
            let random = String(repeating: "aa", count: 32)
            _ = await pair.bob.run("contacts", "add", "random", random)
            let list = await pair.bob.run("contacts", "list").output
            let row = #/alice   [0-9a-f]{64}  \(pinned\)\nrandom  a{64}  \(UNPINNED\)\n/#
            #expect(list.wholeMatch(of: row) != nil, "\(list)")
        }
    }

    @Test("The recipe for a passphrase file works, although it appends a key that is there already")
    func passphraseFile() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: ".dmp"), environment: ["HOME": folder.path])
            #expect(await user.run("init", "alice").code == .success)
            let file = folder.appending(path: ".dmp/passphrase")
            try Data("b3BlbnNzbCByYW5k  \n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file.path)
            let recipe = try user.configurationText + "passphrase_file: ~/.dmp/passphrase\n"
            try Data(recipe.utf8).write(to: user.configurationFile)
            let shown = await user.run("identity", "show")
            #expect(shown.code == .success, "\(shown)")
            var exported = user
            exported.environment["DMP_PASSPHRASE"] = "b3BlbnNzbCByYW5k"
            #expect(await exported.run("identity", "show").output == shown.output)
        }
    }

    @Test("Another passphrase springs the tripwire, which names both keys and can be overridden once")
    func tripwire() async throws {
        try await withTestFolder { folder in
            var user = TestUser(folder: folder, environment: ["DMP_PASSPHRASE": "right"])
            _ = await user.run("init", "alice")
            #expect(await user.run("identity", "show").code == .success)
            let expected = try user.load().verifyKey
            user.environment["DMP_PASSPHRASE"] = "wrong"
            let refused = await user.run("identity", "show")
            #expect(refused.code == .userError && refused.output.isEmpty)
            let words = refused.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let sentence =
                "dnsmesh: passphrase mismatch: the derived signing pubkey does not match the one this config was first "
                + "used with. expected: \(expected) derived: "
            #expect(words.hasPrefix(sentence), "\(refused)")
            user.environment["DMP_PASSPHRASE_OVERRIDE_VERIFY"] = "1"
            let overridden = await user.run("identity", "show")
            #expect(overridden.code == .success && overridden.errors.hasPrefix("warning: "))
            #expect(try user.load().verifyKey == expected)
        }
    }

    @Test(
        "Resolvers that are no addresses with ports are refused before a config is written",
        arguments: ["dns.google", "8.8.8.8:99999", "8.8.8.8:x", "[::1"]
    )
    func badResolvers(list: String) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            #expect(await user.run("init", "alice", "--dns-resolvers", list).code == .userError)
            #expect(!FileManager.default.fileExists(atPath: user.configurationFile.path))
        }
    }
}
