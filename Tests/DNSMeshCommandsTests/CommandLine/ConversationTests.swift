import ArgumentParser
import DMPProtocol
import DNSMesh
import DNSMeshNode
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("A conversation through the commands", .serialized, .timeLimit(.minutes(2)))
struct ConversationTests {
    @Test("Messages are sent, received once, and kept")
    func messages() async throws {
        try await Pair.introduced { pair in
            let prekeys = await pair.bob.run("identity", "refresh-prekeys", "--count", "2")
            #expect(prekeys.output.hasPrefix("published 2/2 prekeys to prekeys.id-81b637d8fcd2.mesh.test\n"))
            #expect(prekeys.output.hasSuffix("  local live prekey count: 2\n"))
            let sent = await pair.alice.run("send", "bob", "hello\u{1b}[31m\nsecond line")
            #expect(sent.output == "sent → bob\n")
            #expect(sent.errors.isEmpty, "\(sent)")

            let received = await pair.bob.run("recv")
            #expect(received.code == .success)
            let lines = received.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 6, "\(received)")
            let first = #/from alice@mesh\.test \([0-9a-f]{16}\.\.\.\) \[pinned; forward secret\]/#
            #expect(lines[0].wholeMatch(of: first) != nil)
            #expect(lines[1].wholeMatch(of: #/  ts=[0-9]{10}/#) != nil)
            #expect(lines[2...] == ["  hello\\x1b[31m", "  second line", "", ""])
            #expect(await pair.bob.run("recv").output == "(no new messages)\n")
            #expect(await pair.bob.run("recv", "--json").output == "[]\n")

            let list = await pair.bob.run("inbox", "list")
            #expect(list.output.contains("#1  ") && list.output.hasSuffix("  hello\\x1b[31m\n"), "\(list)")
            #expect(await pair.bob.run("inbox", "show", "1").output == received.output)
            #expect(await pair.bob.run("inbox", "show", "2").code == .userError)
        }
    }

    @Test("Bytes from standard input arrive as they are, and JSON says what they are")
    func bytes() async throws {
        try await Pair.introduced { pair in
            let sent = await pair.alice.run("send", "bob", "-", "--json", "--ttl", "3600", input: [0xff, 0x00, 0x0a])
            #expect(sent.errors.contains("without forward secrecy"))
            let receipt = try JSONDecoder().decode(Receipt.self, from: Data(sent.output.utf8))
            #expect(receipt.recipient == "bob" && !receipt.isForwardSecret)
            let received = await pair.bob.run("recv", "--json")
            let message = try #require(try JSONDecoder().decode([Message].self, from: Data(received.output.utf8)).first)
            #expect(message.data == "/wAK")
            #expect(message.text == nil)
            #expect(message.id == receipt.id)
            #expect(message.contact == "alice@mesh.test")
            #expect(await pair.bob.run("inbox", "show", "1").output.contains("  (binary, 3 bytes)\n"))
        }
    }

    private struct Receipt: Decodable {
        let recipient: String
        let id: String
        let isForwardSecret: Bool

        private enum CodingKeys: String, CodingKey {
            case recipient
            case id = "msg_id"
            case isForwardSecret = "forward_secret"
        }
    }

    private struct Message: Decodable {
        let id: String
        let contact: String
        let text: String?
        let data: String?

        private enum CodingKeys: String, CodingKey {
            case id = "msg_id"
            case contact, text
            case data = "data_b64"
        }
    }

    @Test("An identity is shown, published and fetched with the same keys, and pinned once")
    func identities() async throws {
        try await Pair.strangers { pair in
            let shown = await pair.bob.run("identity", "show")
            let names = shown.output.split(separator: "\n").map { $0.prefix { $0 != ":" } }
            #expect(names == ["username", "domain", "public_key", "signing_public_key", "user_id", "fingerprint"])
            #expect(try pair.bob.load().verifyKey.count == 64)
            let fingerprint = String(shown.output.suffix(17).dropLast())
            #expect(await pair.alice.run("identity", "fetch", "bob").code == .networkError, "not published yet")

            let published = await pair.bob.run("identity", "publish")
            #expect(
                published.output == """
                    published identity to id-81b637d8fcd2c6da.mesh.test
                      others can resolve you with: dnsmesh identity fetch bob

                    """
            )
            let wrong = await pair.alice.run(
                "identity",
                "fetch",
                "bob",
                "--accept-fingerprint",
                "0123456789abcdef",
                "--add"
            )
            #expect(wrong.code == .networkError)
            #expect(wrong.output.isEmpty)
            let fetched = await pair.alice.run(
                "identity",
                "fetch",
                "bob@mesh.test",
                "--accept-fingerprint",
                fingerprint,
                "--add"
            )
            #expect(fetched.output.hasPrefix("address:            bob@mesh.test\nusername:           bob\n"))
            #expect(fetched.output.hasSuffix("added contact bob@mesh.test (pinned signing key)\n"))
            let entry = try #require(try pair.alice.load().contacts.first)
            #expect(entry.label == "bob@mesh.test" && entry.domain == "mesh.test" && entry.remoteUsername == "bob")
            let again = await pair.alice.run("identity", "fetch", "bob@mesh.test", "--add", "--json")
            #expect(again.code == .success)
            #expect(again.errors == "(contact `bob@mesh.test` already exists — not overwriting)\n")
            #expect(again.output.hasPrefix("{\n  \"username\": \"bob\",\n  \"address\": \"bob@mesh.test\",\n"))
        }
    }

    @Test("Two keys under one name are shown, and chosen by fingerprint; a contact's keys are never replaced")
    func ambiguous() async throws {
        try await Pair.introduced { pair in
            let impostor = try await pair.impostor()
            #expect(await impostor.run("identity", "publish").code == .success)
            let fetched = await pair.alice.run("identity", "fetch", "bob", "--add")
            #expect(fetched.code == .networkError)
            #expect(fetched.output.isEmpty)
            let lines = fetched.errors.split(separator: "\n")
            #expect(lines.first == "ambiguous: 2 valid identity records at id-81b637d8fcd2c6da.mesh.test")
            #expect(lines.last == "verify out-of-band and rerun with --accept-fingerprint=<16-hex>")
            let shape =
                #/  fingerprint=([0-9a-f]{16})  x25519=[0-9a-f]{16}\.\.\.  ed25519=[0-9a-f]{16}\.\.\.  ts=[0-9]+/#
            let found = lines.compactMap { $0.wholeMatch(of: shape)?.output.1 }.map(String.init)
            #expect(found.count == 2)
            let own = await pair.bob.run("identity", "show").output
            let other = try #require(found.first { !own.contains($0) })
            let replaced = await pair.alice.run("identity", "fetch", "bob", "--accept-fingerprint", other, "--add")
            #expect(replaced.code == .networkError)
            #expect(replaced.errors.contains("other keys"))
        }
    }

    @Test("Every mistake has its exit code and one line")
    func mistakes() async throws {
        try await Pair.introduced { pair in
            var stranger = pair.alice
            stranger.environment["DMP_PASSPHRASE"] = "mistyped"
            let cases: [(TestUser.Outcome, ExitCode, String)] = [
                (await pair.alice.run("send", "carol", "hi"), .userError, "unknown contact `carol`"),
                (await pair.alice.run("send", "bob", String(repeating: "a", count: 5_000)), .userError, "5000 bytes"),
                (await stranger.run("recv"), .userError, "passphrase mismatch"),
                (await stranger.run("identity", "show"), .userError, "passphrase mismatch"),
                (await pair.alice.run("identity", "publish", "--ttl", "90000"), .networkError, "publish to"),
                (await pair.alice.run("identity", "refresh-prekeys", "--ttl", "90000"), .networkError, "prekeys"),
            ]
            stranger.environment["DMP_PASSPHRASE_OVERRIDE_VERIFY"] = "1"
            let overridden = await stranger.run("identity", "show")
            #expect(overridden.code == .success)
            #expect(overridden.errors.hasPrefix("warning: passphrase derives a different identity"))
            for (outcome, code, words) in cases {
                #expect(outcome.code == code, "\(outcome)")
                #expect(outcome.output.isEmpty)
                #expect(outcome.errors.hasPrefix("dnsmesh: ") && outcome.errors.contains(words), "\(outcome)")
            }
            _ = try await pair.alice.file().update {
                $0.contacts.append(ContactEntry(label: "half", signingKey: String(repeating: "11", count: 32)))
                $0.contacts.append(ContactEntry(label: "dave", encryptionKey: String(repeating: "11", count: 32)))
            }
            #expect(await pair.alice.run("send", "half", "hi").code == .userError)
            let folder = pair.alice.folder
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            for name in names {
                #expect(try mode(of: folder.appending(path: name)) & 0o077 == 0, "\(name)")
            }
        }
    }

    @Test("recv works without an endpoint, everything that publishes says what is missing")
    func withoutEndpoint() async throws {
        try await Pair.introduced { pair in
            _ = await pair.alice.run("send", "bob", "hi")
            _ = try await pair.bob.file().update { $0.endpoint = "" }
            #expect(await pair.bob.run("recv").output.contains("  hi\n"))
            for arguments in [
                ["identity", "publish"], ["identity", "refresh-prekeys"], ["send", "alice@mesh.test", "x"],
            ] {
                let outcome = await pair.bob.run(arguments)
                #expect(outcome.code == .userError)
                #expect(outcome.errors.contains("no endpoint configured: set endpoint in"))
            }
        }
    }

    @Test("A token is not sent without encryption, and settings that can't be used are named")
    func settings() async throws {
        try await Pair.introduced { pair in
            let cases: [(@Sendable (inout Configuration) -> Void, [String], String)] = [
                (
                    {
                        $0.endpoint = "http://192.0.2.1"; $0.httpToken = "t"
                    }, ["identity", "publish"], "without encryption"
                ),
                ({ $0.httpToken = "two words" }, ["identity", "publish"], "http_token"),
                (
                    {
                        $0.clusterEnabled = true; $0.clusterBaseDomain = "mesh.test"; $0.clusterOperatorKey = "zz"
                    }, ["recv"], "cluster_operator_spk"
                ),
                ({ $0.dnsHost = "dns.example" }, ["recv"], "dns_host"), ({ $0.dnsPort = 70_000 }, ["recv"], "dns_port"),
                ({ $0.dnsResolvers = ["x"] }, ["recv"], "dns_resolvers"), ({ $0.domain = "a b" }, ["recv"], "domain"),
                ({ $0.kdfSalt = "zz" }, ["recv"], "kdf_salt"), ({ $0.username = "" }, ["recv"], "username"),
                ({ $0.endpoint = "ftp://x" }, ["send", "bob", "x"], "endpoint"),
            ]
            let saved = try pair.alice.configurationText
            for (change, arguments, words) in cases {
                _ = try await pair.alice.file().update { change(&$0) }
                let outcome = await pair.alice.run(arguments)
                #expect(outcome.code == .userError, "\(outcome)")
                #expect(outcome.errors.contains(words), "\(outcome)")
                try Data(saved.utf8).write(to: pair.alice.configurationFile)
            }
        }
    }

    @Test("Without a network: exit 2, and the reason")
    func noNetwork() async throws {
        var saved: (alice: TestUser, copy: URL)?
        try await Pair.introduced { pair in
            let copy = FileManager.default.temporaryDirectory.appending(path: "dnsmesh-cli-\(UUID().uuidString)")
            try FileManager.default.copyItem(at: pair.alice.folder, to: copy)
            saved = (pair.alice, copy)
        }
        let (alice, copy) = try #require(saved)
        defer { do { try FileManager.default.removeItem(at: copy) } catch {} }
        let user = TestUser(folder: copy, environment: alice.environment, now: alice.now)
        for arguments in [["recv"], ["send", "bob", "x"], ["identity", "publish"], ["identity", "fetch", "bob"]] {
            let outcome = await user.run(arguments)
            #expect(outcome.code == .networkError, "\(outcome)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
        }
        #expect(await user.run("inbox", "list").output == "(no messages)\n")
    }

    @Test("One recv at a time in a folder")
    func oneReceiver() async throws {
        try await Pair.introduced { pair in
            let prompt = BlockingPrompt()
            var slow = pair.bob
            slow.environment["DMP_PASSPHRASE"] = ""
            slow.terminal = prompt
            async let first = slow.run("recv")
            await prompt.waitUntilAsked()
            let second = await pair.bob.run("recv")
            #expect(second.code == .userError)
            #expect(second.errors.contains("another `dnsmesh recv` is at work"))
            prompt.answer("the passphrase of bob")
            #expect(await first.code == .success)
            #expect(await pair.bob.run("recv").code == .success)
        }
    }

    @Test("recv --watch shows each message as it comes, one JSON object on a line")
    func watching() async throws {
        try await Pair.introduced { pair in
            _ = await pair.alice.run("send", "bob", "one")
            let (lines, line) = AsyncStream.makeStream(of: String.self)
            var context = pair.bob.context(Recorder(), input: [])
            context.console = Console(
                writeOutput: { line.yield(String(decoding: $0, as: UTF8.self)) },
                writeError: { _ in }
            )
            let watching = context
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let code = await DNSMeshCommand.execute(
                        ["recv", "--watch", "--json", "--interval", "1"],
                        in: watching
                    )
                    #expect(code == .interrupted)
                }
                var received: [String] = []
                for await text in lines {
                    received.append(text)
                    if received.count == 2 { break }
                    _ = await pair.alice.run("send", "bob", "two")
                }
                group.cancelAll()
                #expect(
                    received.allSatisfy {
                        $0.hasPrefix("{\"id\": ") && $0.hasSuffix("}\n") && $0.count(where: \.isNewline) == 1
                    }
                )
                #expect(received[0].contains("\"text\": \"one\"") && received[1].contains("\"text\": \"two\""))
            }
        }
    }

    @Test("Strangers are delivered with --tofu alone, and only while nobody is pinned")
    func firstUse() async throws {
        try await Pair.strangers { pair in
            for user in [pair.alice, pair.bob] { _ = await user.run("identity", "publish") }
            _ = await pair.alice.run("identity", "fetch", "bob", "--add")
            _ = await pair.alice.run("send", "bob", "hi")
            let deaf = await pair.bob.run("recv")
            #expect(deaf.output == "(1 new intro(s) from un-pinned senders — review with `dnsmesh intro list`)\n")
            #expect(deaf.errors.contains("no contact has a pinned signing key"))
            _ = await pair.alice.run("send", "bob", "hi")
            let trusting = await pair.bob.run("recv", "--tofu")
            #expect(trusting.output.contains("  hi\n"))
            #expect(trusting.output.contains(" [first use, not pinned; no forward secrecy]\n"))
            #expect(await pair.bob.run("inbox", "show", "1").output == trusting.output)
            #expect(await pair.bob.run("inbox", "list", "--json").output.contains("\"trust\": \"first-use\""))
        }
    }
}
