import ArgumentParser
import DMPCrypto
import DNSMesh
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Rotating an identity through the commands", .serialized, .timeLimit(.minutes(2)))
struct IdentityRotateTests {
    private static let arguments = ["identity", "rotate", "--experimental"]

    /// Writes a passphrase into a file of the user's folder.
    private static func passphraseFile(of user: TestUser, _ passphrase: String = "another passphrase\n") throws -> URL {
        let file = user.folder.appending(path: "new-passphrase")
        try Data(passphrase.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return file
    }

    @Test("With a file the configuration names it and the new key, keeps the salt, and contacts follow")
    func file() async throws {
        try await Pair.introduced { pair in
            var bob = pair.bob
            let before = try bob.load()
            #expect(await pair.alice.run("send", "bob", "before").code == .success)
            #expect(await bob.run("recv").code == .success)
            let file = try Self.passphraseFile(of: bob)
            let outcome = await bob.run(Self.arguments + ["--new-passphrase-file", "new-passphrase"])
            #expect(outcome.code == .success, "\(outcome)")
            let after = try bob.load()
            #expect(after.kdfSalt == before.kdfSalt && after.verifyKey != before.verifyKey)
            #expect(after.passphraseFile == file.path)
            #expect(
                outcome.output.hasPrefix(
                    "current signing key: \(before.verifyKey)\nnew signing key:     \(after.verifyKey)\n"
                )
            )
            #expect(outcome.output.contains("published RotationRecord to rotate.id-81b637d8fcd2c6da.mesh.test\n"))
            #expect(outcome.output.contains("reason=routine: skipping RevocationRecord"))
            #expect(outcome.output.contains("published new IdentityRecord to id-81b637d8fcd2c6da.mesh.test\n"))
            #expect(outcome.errors.contains("DMP_PASSPHRASE must hold the new passphrase"))
            #expect(await bob.run("recv").code == .userError, "the old passphrase is refused")

            bob.environment["DMP_PASSPHRASE"] = nil
            let sent = await pair.alice.run("send", "bob", "after")
            #expect(sent.code == .success && sent.errors.contains("bob has replaced its keys"), "\(sent)")
            #expect(await pair.alice.run("contacts", "list").output.contains("(pinned)"))
            #expect(await pair.alice.run("send", "bob", "again").errors.isEmpty)
            let received = await bob.run("recv")
            #expect(received.output.contains("  after") && received.output.contains("  again"), "\(received)")
            #expect(await bob.run("inbox", "list").output.contains("before"))
        }
    }

    @Test("Without a file the new passphrase comes from the environment, or is typed twice")
    func sources() async throws {
        try await Pair.introduced { pair in
            var bob = pair.bob
            let before = try bob.load().verifyKey
            bob.terminal = ScriptedPrompt("typed", "typo")
            let typo = await bob.run(Self.arguments)
            #expect(typo.code == .userError && typo.errors.contains("the two passphrases differ"), "\(typo)")
            bob.terminal = ScriptedPrompt("", "")
            #expect(await bob.run(Self.arguments).code == .userError)
            bob.terminal = nil
            #expect(await bob.run(Self.arguments).errors.contains("no new passphrase"))
            let missing = await bob.run(Self.arguments + ["--new-passphrase-file", "nowhere"])
            #expect(missing.code == .userError && missing.errors.contains("nowhere"))
            #expect(try bob.load().verifyKey == before)

            let prompt = ScriptedPrompt("typed", "typed")
            bob.terminal = prompt
            #expect(await bob.run(Self.arguments).code == .success)
            #expect(prompt.questions == ["New passphrase: ", "Repeat the new passphrase: "])
            let typed = try bob.load()
            #expect(typed.verifyKey != before && typed.passphraseFile == nil)

            bob.environment["DMP_PASSPHRASE"] = "typed"
            bob.environment["DMP_NEW_PASSPHRASE"] = "from the environment"
            let outcome = await bob.run(Self.arguments + ["--json", "--reason", "other"])
            #expect(outcome.code == .success && outcome.output.contains(#""reason": "other""#), "\(outcome)")
            bob.environment["DMP_PASSPHRASE"] = "from the environment"
            #expect(await bob.run("identity", "show").code == .success)
        }
    }

    @Test("What is wrong is said before anything is published")
    func refused() async throws {
        try await Pair.introduced { pair in
            var bob = pair.bob
            bob.environment["DMP_NEW_PASSPHRASE"] = "another"
            let before = try bob.configurationText
            let unasked = await bob.run("identity", "rotate")
            #expect(unasked.code == .userError && unasked.errors.contains("--experimental"))
            #expect(await bob.run(Self.arguments + ["--reason", "boredom"]).code == .userError)
            let running: Void? = try await FolderLock(folder: bob.folder, name: ".recv.lock").tryLock {
                let busy = await bob.run(Self.arguments)
                #expect(busy.code == .userError && busy.errors.contains("`dnsmesh recv` is at work"), "\(busy)")
            }
            #expect(running != nil)
            var stranger = bob
            stranger.environment["DMP_PASSPHRASE"] = "mistyped"
            #expect(await stranger.run(Self.arguments).errors.contains("passphrase mismatch"))
            bob.environment["DMP_NEW_PASSPHRASE"] = bob.environment["DMP_PASSPHRASE"]
            let same = await bob.run(Self.arguments)
            #expect(same.code == .userError && same.errors.contains("choose another"), "\(same)")
            #expect(try bob.configurationText == before)
            #expect(await pair.alice.run("send", "bob", "hello").errors.contains("replaced") == false)
        }
    }

    @Test(
        "A compromised key is revoked, and its contacts learn the way out",
        arguments: ["compromise", "lost-key", "lost_key"]
    )
    func compromise(_ reason: String) async throws {
        try await Pair.introduced { pair in
            var bob = pair.bob
            bob.environment["DMP_NEW_PASSPHRASE"] = "another"
            let outcome = await bob.run(Self.arguments + ["--reason", reason, "--yes"])
            #expect(outcome.output.contains("published RevocationRecord (old key)"), "\(outcome)")
            let sent = await pair.alice.run("send", "bob", "hello")
            #expect(sent.code == .userError && sent.errors.contains("--add --replace"), "\(sent)")
            bob.environment["DMP_PASSPHRASE"] = "another"
            let found = await pair.alice.run("identity", "fetch", "bob", "--json")
            let key = try bob.load().verifyKey
            #expect(found.code == .success && found.output.contains(key), "\(found)")
        }
    }

    @Test("After a failure the same command completes the rotation")
    func resumed() async throws {
        try await Pair.introduced { pair in
            var bob = pair.bob
            bob.environment["DMP_NEW_PASSPHRASE"] = "another"
            let own = try bob.load()
            _ = try await bob.file().update { $0.endpoint = "http://127.0.0.1:1" }
            #expect(await bob.run(Self.arguments).code == .networkError)
            #expect(try bob.load().verifyKey == own.verifyKey)
            _ = try await bob.file().update { $0.endpoint = own.endpoint }
            var other = bob
            other.environment["DMP_NEW_PASSPHRASE"] = "a third"
            let third = await other.run(Self.arguments)
            #expect(third.code == .userError && third.errors.contains("must be completed first"), "\(third)")
            let outcome = await bob.run(Self.arguments + ["--json"])
            #expect(outcome.code == .success && outcome.output.contains(#""resumed": true"#), "\(outcome)")
            #expect(try bob.load().verifyKey != own.verifyKey)
        }
    }

    @Test("The switch of a contact goes with its name, and ends with the contact")
    func switchFollowsContact() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            func shown(_ name: String) async -> String {
                await user.run("contacts", "rotation", "show", "--contact", name).output
            }
            _ = await user.run("init", "alice")
            _ = await user.run("contacts", "add", "carol", String(repeating: "22", count: 32))
            #expect(await user.run("contacts", "rotation", "off", "--contact", "carol").code == .success)
            #expect(await user.run("contacts", "rename", "carol", "caroline").code == .success)
            #expect(await shown("caroline") == "rotation_chain_enabled for caroline: off\n")
            #expect(await user.run("contacts", "remove", "caroline").code == .success)
            for name in ["carol", "caroline"] {
                _ = await user.run("contacts", "add", name, String(repeating: "22", count: 32))
                #expect(await shown(name) == "rotation_chain_enabled for \(name): on\n")
            }
        }
    }

    @Test("Whether rotations are followed is switched for all or for one contact")
    func switches() async throws {
        try await Pair.introduced { pair in
            let alice = pair.alice
            #expect(await alice.run("contacts", "rotation").output == "rotation_chain_enabled: on\n")
            let off = await alice.run("contacts", "rotation", "off", "--contact", "bob", "--json")
            #expect(off.output.contains(#""rotation_chain_enabled": false"#), "\(off)")
            #expect(await alice.run("contacts", "rotation", "show").output == "rotation_chain_enabled: on\n")
            let shown = await alice.run("contacts", "rotation", "show", "--contact", "bob")
            #expect(shown.output == "rotation_chain_enabled for bob: off\n")
            #expect(await alice.run("contacts", "rotation", "on", "--contact", "nobody").code == .userError)
            var bob = pair.bob
            bob.environment["DMP_NEW_PASSPHRASE"] = "another"
            #expect(await bob.run(Self.arguments).code == .success)
            #expect(await alice.run("send", "bob", "to the old keys").errors.contains("replaced") == false)
            bob.environment["DMP_PASSPHRASE"] = "another"
            #expect(await bob.run("recv").output.contains("  to the old keys"))
        }
    }
}
