import ArgumentParser
import DMPProtocol
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("dnsmesh init")
struct InitTests {
    @Test("The options end up in the config, in their normal form")
    func options() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let outcome = await user.run(
                "init",
                "alice@mesh.test",
                "--endpoint",
                " HTTP://Node.Test:8053// ",
                "--http-token",
                "secret token",
                "--dns-resolvers",
                "9.9.9.9,[::1]:5353",
                "--identity-domain",
                "Alice.Test.",
                "--allow-tofu",
                "--no-default-resolvers",
                "--no-probe-local-dns",
                "--dns-port",
                "53"
            )
            #expect(outcome.code == .success, "\(outcome)")
            #expect(outcome.output.hasPrefix("wrote config to \(user.configurationFile.path)\nNext: "))
            #expect(!outcome.output.contains("secret") && !outcome.errors.contains("secret"))
            #expect(outcome.errors.contains("warning:") && outcome.errors.contains("--http-token-file"))
            let configuration = try user.load()
            var expected = Configuration()
            expected.username = "alice"
            expected.domain = "mesh.test"
            expected.endpoint = "http://node.test:8053"
            expected.httpToken = "secret token"
            expected.dnsResolvers = ["9.9.9.9", "[::1]:5353"]
            expected.dnsPort = 53
            expected.identityDomain = "alice.test"
            expected.allowTOFU = true
            expected.kdfSalt = configuration.kdfSalt
            #expect(configuration == expected)
            #expect(configuration.kdfSalt.count == 64)
        }
    }

    @Test("A token comes from a file or standard input, without the white space at its ends", arguments: [false, true])
    func tokenFile(isInput: Bool) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let file = folder.appending(path: "token")
            try Data(" t0ken-é\r\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            let input = isInput ? Array("t0ken-é\n".utf8) : []
            let path = isInput ? "-" : file.path
            let outcome = await user.run("init", "alice", "--http-token-file", path, input: input)
            #expect(outcome.code == .success, "\(outcome)")
            #expect(!outcome.errors.contains("warning:"))
            #expect(!outcome.output.contains("t0ken") && !outcome.errors.contains("t0ken"))
            #expect(try user.load().httpToken == "t0ken-é")
        }
    }

    @Test("A file of a token that others can read is named in a warning")
    func sharedTokenFile() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let file = folder.appending(path: "token")
            try Data("t0ken".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
            let outcome = await user.run("init", "alice", "--http-token-file", file.path)
            #expect(outcome.code == .success && outcome.errors.contains("chmod 600 \(file.path)"))
            #expect(try user.load().httpToken == "t0ken")
        }
    }

    @Test(
        "What holds no token is refused, and nothing is written",
        arguments: [
            ([], "empty"), (Array(" \n".utf8), "empty"), ([0x74, 0xff], "UTF-8"), (Array("a\nb".utf8), "one line"),
        ],
        [false, true]
    )
    func badTokenFile(content: (bytes: [UInt8], word: String), isInput: Bool) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let file = folder.appending(path: "token")
            try Data(content.bytes).write(to: file)
            let path = isInput ? "-" : file.path
            let outcome = await user.run("init", "alice", "--http-token-file", path, input: content.bytes)
            #expect(outcome.code == .userError && outcome.errors.contains(content.word), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: user.configurationFile.path))
        }
    }

    @Test("A missing token file, and two ways to name a token, are refused")
    func noTokenFile() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let missing = await user.run("init", "alice", "--http-token-file", "nowhere")
            #expect(missing.code == .userError && missing.errors.contains("nowhere does not exist"))
            let both = await user.run("init", "alice", "--http-token", "a", "--http-token-file", "-")
            #expect(both.code == .userError && both.errors.contains("exclude each other"))
            #expect(!FileManager.default.fileExists(atPath: user.configurationFile.path))
        }
    }

    @Test("No resolvers are built in: the user is told how to name some")
    func noDefaultResolvers() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let outcome = await user.run("init", "alice", "--json")
            let configuration = try user.load()
            #expect(configuration.dnsResolvers.isEmpty)
            #expect(outcome.errors.contains("dns_resolvers"))
            #expect(
                outcome.output == """
                    {
                      "config": "\(user.configurationFile.path)",
                      "username": "alice",
                      "domain": "mesh.local",
                      "kept": null
                    }

                    """
            )
        }
    }

    @Test("An identity that is there is replaced with --force alone, and kept aside")
    func force() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            let first = try user.configurationText
            let refused = await user.run("init", "bob")
            #expect(refused.code == .userError)
            #expect(refused.errors.contains("--force"))
            #expect(try user.configurationText == first)
            for suffix in ["", "-1"] {
                let before = try user.configurationText
                let kept = folder.appending(path: "config.yaml.bak-1800000000\(suffix)")
                let replaced = await user.run("init", "Bob", "--force")
                #expect(replaced.code == .success)
                #expect(replaced.errors.contains(kept.path))
                #expect(replaced.errors.contains("lower case: bob"))
                #expect(try String(contentsOf: kept, encoding: .utf8) == before)
                #expect(try mode(of: kept) == 0o600)
            }
            #expect(try user.load().username == "bob")
        }
    }

    @Test("A bad list of resolvers is refused before anything is written")
    func badResolvers() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            let outcome = await user.run("init", "alice", "--dns-resolvers", "dns.example")
            #expect(outcome.code == .userError)
            #expect(outcome.errors.hasPrefix("dnsmesh: invalid --dns-resolvers: "))
            #expect(!FileManager.default.fileExists(atPath: user.configurationFile.path))
        }
    }
}
