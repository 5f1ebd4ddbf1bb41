import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Contacts through the commands", .serialized, .timeLimit(.minutes(2)))
struct ContactCommandTests {
    private struct Code: Decodable {
        let digits: [String]
        let words: [String]
        let verified: Bool
    }

    private static func code(_ user: TestUser, _ name: String) async throws -> Code {
        try JSONDecoder().decode(
            Code.self,
            from: Data(await user.run("contacts", "verify", name, "--json").output.utf8)
        )
    }

    @Test("Both sides see one safety code; once confirmed it shows everywhere, until a key changes")
    func verification() async throws {
        try await Pair.introduced { pair in
            let (ours, theirs) = try await (Self.code(pair.alice, "bob"), Self.code(pair.bob, "alice@mesh.test"))
            #expect(ours.digits == theirs.digits && ours.words == theirs.words && !ours.verified)
            let shown = await pair.alice.run("contacts", "verify", "bob").output
            #expect(shown.hasPrefix("safety code with bob (not verified)\n\n  \(ours.digits[0]) \(ours.digits[1]) "))
            #expect(shown.contains("  \(ours.words[8]) \(ours.words[9]) \(ours.words[10]) \(ours.words[11])\n"))
            #expect(shown.contains("█▀▀▀▀▀█") || shown.contains(" ▄▄▄▄▄ "), "\(shown)")
            #expect(shown.hasSuffix("  once you have compared it: dnsmesh contacts verify --confirm bob\n"))
            #expect(await pair.alice.run("contacts", "list").output.hasSuffix("  (pinned)\n"))

            #expect(await pair.alice.run("contacts", "verify", "--confirm", "bob").output == "contact bob: verified\n")
            #expect(await pair.alice.run("contacts", "list").output.hasSuffix("  (pinned, verified)\n"))
            #expect(await pair.alice.run("contacts", "list", "--json").output.contains("\"verified\": true"))
            #expect(await pair.alice.run("contacts", "show", "bob").output.contains("\nverified:           yes\n"))
            _ = await pair.bob.run("send", "alice@mesh.test", "hi")
            #expect(await pair.alice.run("recv").output.contains(") [verified; no forward secrecy]\n"))
            #expect(await pair.alice.run("inbox", "show", "1").output.contains(" [verified; "))
            #expect(await pair.alice.run("contacts", "rename", "bob", "Robert").code == .success)
            #expect(await pair.alice.run("contacts", "list").output.contains("(pinned, verified)"), "keys, not names")

            var locked = pair.alice
            locked.environment["DMP_PASSPHRASE"] = ""
            let list = await locked.run("contacts", "list")
            #expect(list.code == .success && list.output.hasSuffix("  (pinned)\n"))
            #expect(list.errors.contains("which contacts are verified isn't known"), "\(list)")
            #expect(await locked.run("contacts", "show", "Robert").output.contains("unknown without the passphrase"))

            _ = try await pair.alice.file().update { $0.contacts[0].encryptionKey = String(repeating: "11", count: 32) }
            #expect(await pair.alice.run("contacts", "list").output.hasSuffix("  (pinned)\n"))
        }
    }

    @Test("A mark can be taken back, and one key alone can't be verified")
    func undo() async throws {
        try await Pair.introduced { pair in
            _ = await pair.alice.run("contacts", "verify", "--confirm", "bob")
            #expect(await pair.alice.run("contacts", "verify", "--undo", "bob").output == "contact bob: not verified\n")
            #expect(await pair.alice.run("contacts", "verify", "--undo", "--confirm", "bob").code == .userError)
            #expect(await pair.alice.run("contacts", "verify", "nobody").errors.contains("unknown contact `nobody`"))
            _ = try await pair.alice.file().update { $0.contacts[0].signingKey = "" }
            let half = await pair.alice.run("contacts", "verify", "bob")
            #expect(half.code == .userError && half.errors.contains("has no signing key"), "\(half)")
            _ = try await pair.alice.file().update { $0.contacts[0].signingKey = "xy" }
            #expect(await pair.alice.run("contacts", "show", "bob").errors.contains("can't be used"))
        }
    }

    @Test("show tells the keys, the fingerprint, and where the contact was seen")
    func show() async throws {
        try await Pair.introduced { pair in
            #expect(await pair.alice.run("contacts", "show", "nobody").code == .userError)
            let fingerprint = await pair.bob.run("identity", "show").output.suffix(17).dropLast()
            let before = await pair.alice.run("contacts", "show", "bob").output
            #expect(before.contains("\nfingerprint:        \(fingerprint)\n") && !before.contains("seen"), "\(before)")
            #expect(before.hasPrefix("name:               bob\nusername:           bob\ndomain:             -\n"))
            _ = await pair.bob.run("send", "alice@mesh.test", "hi")
            _ = await pair.alice.run("recv")
            let after = await pair.alice.run("contacts", "show", "bob").output
            #expect(after.contains("\nseen publishing:    messages in mesh.test at 20"), "\(after)")
            let json = await pair.alice.run("contacts", "show", "bob", "--json").output
            #expect(json.contains("\"zone\": \"mesh.test\"") && json.contains("\"kind\": \"messages\""), "\(json)")
        }
    }

    @Test("A renamed contact keeps its user name and can be written to")
    func rename() async throws {
        try await Pair.introduced { pair in
            let renamed = await pair.bob.run("contacts", "rename", "alice@mesh.test", "Alice of old")
            #expect(renamed.output == "renamed contact alice@mesh.test to Alice of old\n")
            let entries = try pair.bob.load().contacts
            #expect(entries.map(\.remoteUsername) == ["alice"])
            #expect(await pair.bob.run("send", "Alice of old", "hi").code == .success)
            #expect(await pair.alice.run("recv").output.contains("  hi\n"))
            #expect(await pair.bob.run("contacts", "rename", "nobody", "x").code == .userError)
            _ = await pair.bob.run("contacts", "add", "carol", String(repeating: "22", count: 32))
            #expect(await pair.bob.run("contacts", "rename", "carol", "Alice of old").code == .userError)
            #expect(await pair.bob.run("contacts", "rename", "carol", "a\u{7}").code == .userError)
        }
    }

    @Test("A card carries a contact to another folder, as text and as JSON", arguments: [false, true])
    func cards(json: Bool) async throws {
        try await Pair.introduced { pair in
            let format = json ? ["--json"] : []
            let card = await pair.alice.run(["contacts", "export", "bob"] + format).output
            let own = await pair.bob.run(["contacts", "export"] + format).output
            try await withTestFolder { folder in
                let carol = TestUser(folder: folder, environment: ["DMP_PASSPHRASE": "x"])
                _ = await carol.run("init", "carol")
                let added = await carol.run("contacts", "import", "-", input: Array(card.utf8))
                #expect(added.output.hasPrefix("added contact bob (pinned signing key)\nfingerprint: "), "\(added)")
                try Data(own.utf8).write(to: folder.appending(path: "bob.card"))
                #expect(await carol.run("contacts", "import", "bob.card", "--name", "bobby").code == .success)
                let entries = try carol.load().contacts
                #expect(entries.map(\.label) == ["bob", "bobby"])
                #expect(entries[0].signingKey == entries[1].signingKey && entries[0].remoteUsername == "bob")
                #expect(entries[0].encryptionKey == entries[1].encryptionKey && entries[1].domain == "mesh.test")
                let again = await carol.run("contacts", "import", "-", input: Array(card.utf8))
                #expect(again.output == "(contact `bob` already exists with these keys)\n")
            }
        }
    }

    @Test("An import changes keys only when it is told to, and says so")
    func importOverPin() async throws {
        try await Pair.introduced { pair in
            let before = try pair.alice.load().contacts
            let other = Array(await pair.alice.run("contacts", "export").output.utf8)
            let refused = await pair.alice.run("contacts", "import", "-", "--name", "bob", input: other)
            #expect(refused.code == .userError && refused.errors.contains("has other keys (fingerprint "), "\(refused)")
            #expect(try pair.alice.load().contacts == before)
            let replaced = await pair.alice.run("contacts", "import", "-", "--name", "bob", "--replace", input: other)
            let shape = #/replaced the keys of contact bob\nfingerprint: [0-9a-f]{16} → [0-9a-f]{16}\n/#
            #expect(replaced.output.wholeMatch(of: shape) != nil, "\(replaced)")
            _ = try await pair.alice.file().update { $0.contacts[0].signingKey = "" }
            let completed = await pair.alice.run("contacts", "import", "-", "--name", "bob", input: other)
            #expect(completed.code == .userError, "a card doesn't add a signing key by itself")
        }
    }

    @Test(
        "What is no card is refused",
        arguments: [
            ("", "no line `dnsmesh_contact: 1`"), ("dnsmesh_contact: 2", "no line `dnsmesh_contact: 1`"),
            ("{", "no JSON object"), ("{\"dnsmesh_contact\": 1}", "no JSON object"),
            ("dnsmesh_contact: 1\nname: x", "can't be used"),
            (String(repeating: "a", count: 20_000), "too long"),
        ]
    )
    func noCard(text: String, reason: String) async throws {
        try await withTestFolder { folder in
            let carol = TestUser(folder: folder)
            _ = await carol.run("init", "carol")
            let outcome = await carol.run("contacts", "import", "-", input: Array(text.utf8))
            #expect(outcome.code == .userError && outcome.errors.contains(reason), "\(outcome)")
            let contacts = try carol.load().contacts
            #expect(contacts.isEmpty)
        }
    }

    @Test("A card whose fingerprint isn't that of its keys, a missing file and a half contact are refused")
    func wrongCards() async throws {
        try await Pair.introduced { pair in
            let card = await pair.alice.run("contacts", "export", "bob").output
            let fingerprint = try #require(card.split(separator: " ").last)
            let forged = card.replacing(fingerprint, with: "0000000000000000\n")
            let outcome = await pair.bob.run("contacts", "import", "-", input: Array(forged.utf8))
            #expect(outcome.errors.contains("fingerprint isn't that of its keys"), "\(outcome)")
            let spaced = card.replacing("username: bob", with: "username: bob of old")
            let odd = await pair.bob.run("contacts", "import", "-", input: Array(spaced.utf8))
            #expect(spaced != card && odd.code == .userError && odd.errors.contains("user name"), "\(odd)")
            #expect(await pair.bob.run("contacts", "import", "missing.card").errors.contains("can't read"))
            _ = await pair.bob.run("contacts", "add", "carol", String(repeating: "22", count: 32))
            #expect(await pair.bob.run("contacts", "export", "carol").errors.contains("lacks a key"))
        }
    }

    @Test("A fetched identity replaces a contact's keys only with --replace")
    func replacing() async throws {
        try await Pair.introduced { pair in
            _ = try await pair.alice.file().update { $0.contacts[0].encryptionKey = String(repeating: "11", count: 32) }
            let refused = await pair.alice.run("identity", "fetch", "bob", "--add")
            #expect(refused.code == .networkError && refused.errors.contains("use --replace"), "\(refused)")
            let replaced = await pair.alice.run("identity", "fetch", "bob", "--add", "--replace")
            #expect(replaced.output.contains("replaced the keys of contact bob: fingerprint "), "\(replaced)")
            #expect(await pair.alice.run("identity", "fetch", "bob", "--replace").code == .userError)
            #expect(await pair.alice.run("identity", "fetch", "bob", "--add").output.contains("already exists"))
        }
    }
}
