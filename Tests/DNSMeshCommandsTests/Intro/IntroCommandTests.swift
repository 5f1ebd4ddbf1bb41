import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Intros through the commands", .serialized, .timeLimit(.minutes(2)))
struct IntroCommandTests {
    /// Alice has pinned Bob and written to him; Bob knows nobody, or somebody else.
    private static func written(_ texts: String..., then body: (Pair) async throws -> Void) async throws {
        try await Pair.strangers { pair in
            for user in [pair.alice, pair.bob] { _ = await user.run("identity", "publish") }
            _ = await pair.alice.run("identity", "fetch", "bob", "--add")
            for text in texts { #expect(await pair.alice.run("send", "bob", text).code == .success) }
            let received = await pair.bob.run("recv")
            #expect(
                received.output
                    == "(\(texts.count) new intro(s) from un-pinned senders — review with `dnsmesh intro list`)\n"
            )
            try await body(pair)
        }
    }

    @Test("An intro is listed, shown whole, and accepted once")
    func accept() async throws {
        let long = String(repeating: "long ", count: 30) + "\u{1b}[31m\nend"
        try await Self.written(long) { pair in
            let key = try pair.alice.load().verifyKey
            let list = await pair.bob.run("intro", "list").output
            let lines = list.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 7, "\(list)")
            #expect(lines[0] == "#1  intro-\(key.prefix(12))  [fresh]" && lines[1] == "  sender_spk: \(key)")
            #expect(lines[2] == "  from zone:  mesh.test" && lines[3].hasPrefix("  received:   1"))
            #expect(lines[4] == "  message:    \(long.prefix(120))…")
            let shown = await pair.bob.run("intro", "show", "1").output
            #expect(shown.contains("  \(String(repeating: "long ", count: 30))\\x1b[31m\n  end\n"), "\(shown)")
            #expect(await pair.bob.run("intro", "show", "1", "--json").output.contains("\"expired\": false"))

            let accepted = await pair.bob.run("intro", "accept", "1").output
            #expect(accepted.hasPrefix("accepted intro #1\n  long ") && accepted.contains("not pinned"), "\(accepted)")
            #expect(await pair.bob.run("intro", "list").output == "(no pending intros)\n")
            for verb in ["accept", "show", "trust", "block"] {
                let again = await pair.bob.run("intro", verb, "1")
                #expect(again.code == .userError && again.errors.contains("no pending intro with id 1"), "\(again)")
            }
            #expect(await pair.bob.run("recv").output == "(no new messages)\n")
            #expect(await pair.bob.run("inbox", "show", "1").output.contains("[accepted intro, not pinned; "))
            #expect(try pair.bob.load().contacts.isEmpty)
        }
    }

    @Test("A trusted sender becomes a contact, whose other intros follow; its encryption key is fetched later")
    func trust() async throws {
        try await Self.written("one", "two") { pair in
            let trusted = await pair.bob.run("intro", "trust", "2", "--label", "Alice", "--username", "alice")
            #expect(trusted.output.hasPrefix("trusted intro #2 as `Alice`\n  "), "\(trusted)")
            #expect(trusted.output.contains("\n  pinned signing key only; "))
            let entry = try #require(try pair.bob.load().contacts.first)
            #expect(entry.label == "Alice" && entry.remoteUsername == "alice" && entry.domain == "mesh.test")
            let key = try pair.alice.load().verifyKey
            #expect(entry.encryptionKey.isEmpty && entry.signingKey == key)
            let rest = await pair.bob.run("recv").output
            #expect(rest.hasPrefix("from Alice (") && rest.contains("[pinned; no forward secrecy]"), "\(rest)")
            #expect(await pair.bob.run("send", "Alice", "hi").code == .userError)
            #expect(
                await pair.bob.run("identity", "fetch", "alice", "--add").output.contains("upgraded contact `Alice`")
            )
            #expect(await pair.bob.run("send", "Alice", "hi").code == .success)
        }
    }

    @Test("Trust never takes over another contact")
    func trustOverOther() async throws {
        try await Self.written("one") { pair in
            _ = await pair.bob.run("contacts", "add", "carol", String(repeating: "22", count: 32))
            let refused = await pair.bob.run("intro", "trust", "1", "--label", "carol")
            #expect(refused.code == .userError && refused.errors.contains("another key or zone"), "\(refused)")
            #expect(await pair.bob.run("intro", "list").output.hasPrefix("#1"))
            let json = await pair.bob.run("intro", "trust", "1", "--json")
            #expect(json.output.contains("\"intro\": 1") && json.output.contains("\"trust\": \"pinned\""), "\(json)")
            let key = try pair.alice.load().verifyKey
            let labels = try pair.bob.load().contacts.map(\.label)
            #expect(labels == ["carol", "intro-\(key.prefix(12))"])
        }
    }

    @Test("A blocked sender is refused until unblocked")
    func block() async throws {
        try await Self.written("one", "two") { pair in
            let key = try pair.alice.load().verifyKey
            let blocked = await pair.bob.run("intro", "block", "1", "--note", "spam\u{7}")
            #expect(blocked.output.hasPrefix("blocked intro #1\n  sender_spk: \(key)\n"), "\(blocked)")
            #expect(await pair.bob.run("intro", "list").output == "(no pending intros)\n")
            _ = await pair.alice.run("send", "bob", "three")
            let received = await pair.bob.run("recv")
            #expect(received.output == "(no new messages)\n")
            #expect(received.errors.contains("left out 1: from a blocked sender"))
            let list = await pair.bob.run("intro", "blocked").output
            #expect(list.hasPrefix("\(key)  20") && list.hasSuffix("  spam\\x07\n"), "\(list)")
            #expect(await pair.bob.run("intro", "blocked", "--json").output.contains("\"sender_spk\": \"\(key)\""))
            #expect(await pair.bob.run("intro", "unblock", "zz").code == .userError)
            #expect(await pair.bob.run("intro", "unblock", key).output == "unblocked \(key)\n")
            #expect(await pair.bob.run("intro", "unblock", key).code == .userError)
            #expect(await pair.bob.run("intro", "blocked").output == "(nobody is blocked)\n")
            let again = await pair.bob.run("recv", "--json")
            #expect(again.output == "[]\n" && again.errors.contains("1 new intro(s)"), "\(again)")
        }
    }

    @Test("A purge removes the expired, or all")
    func purge() async throws {
        try await Self.written("one") { pair in
            #expect(await pair.bob.run("intro", "purge").output == "removed 0 intro(s)\n")
            #expect(await pair.bob.run("intro", "purge", "--all").output == "removed 1 intro(s)\n")
        }
    }
}
