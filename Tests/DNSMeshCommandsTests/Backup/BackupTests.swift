import ArgumentParser
import DMPProtocol
import DMPTesting
import DNSMesh
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Backup and restore", .serialized, .timeLimit(.minutes(2)))
struct BackupTests {
    @Test("A folder is restored in another home, with its identity, contacts, messages and tokens")
    func elsewhere() async throws {
        try await Pair.introduced { pair in
            _ = await pair.bob.run("identity", "refresh-prekeys", "--count", "2")
            #expect(await pair.alice.run("send", "bob", "kept").code == .success)
            #expect(await pair.bob.run("recv").output.contains("kept"))
            let token = pair.bob.folder.appending(path: ".dmp/tokens/dmp.example.org.json")
            try PrivateFile.createFolder(token.deletingLastPathComponent())
            try Data(#"{"token": "dmp_v1_x"}"#.utf8).write(to: token)
            let backup = pair.bob.folder.deletingLastPathComponent().appending(path: "bob.backup")
            let saved = await pair.bob.saving("backup", "create", backup.path)
            #expect(saved.code == .success, "\(saved)")
            #expect(saved.output.hasPrefix("wrote \(backup.path): 6 files, "), "\(saved)")
            #expect(try mode(of: backup) == 0o600)
            #expect(try Self.leftovers(in: pair.bob.folder).isEmpty)

            let other = pair.bob.elsewhere("another/home")
            let restored = await other.saving("backup", "restore", backup.path)
            #expect(restored.code == .success, "\(restored)")
            #expect(restored.output.hasPrefix("restored bob to \(other.folder.path)\n  from a backup made "))
            #expect(restored.errors.contains("identity refresh-prekeys --replace"))
            for command in [["identity", "show"], ["contacts", "list"], ["inbox", "list"]] {
                #expect(await other.run(command).output == (await pair.bob.run(command)).output, "\(command)")
            }
            #expect(
                try String(
                    contentsOf: other.folder.appending(path: ".dmp/tokens/dmp.example.org.json"),
                    encoding: .utf8
                )
                    == #"{"token": "dmp_v1_x"}"#
            )
            #expect(try mode(of: other.folder) == 0o700)
            for name in ["config.yaml", "prekeys.db", "state.db", "replay_cache.json"] {
                #expect(try mode(of: other.folder.appending(path: name)) == 0o600, "\(name)")
            }
            #expect(await other.run("recv").output == "(no new messages)\n")
        }
    }

    @Test("After an older backup messages may come again and are never lost; its one-time keys are taken out of use")
    func older() async throws {
        try await Pair.introduced { pair in
            _ = await pair.bob.run("identity", "refresh-prekeys", "--count", "3")
            let backup = pair.bob.folder.deletingLastPathComponent().appending(path: "bob.backup")
            #expect(await pair.bob.saving("backup", "create", backup.path).code == .success)
            #expect(await pair.alice.run("send", "bob", "received before the loss").code == .success)
            #expect(await pair.bob.run("recv").output.contains("received before the loss"))
            #expect(await pair.alice.run("send", "bob", "under way").code == .success)

            let other = pair.bob.elsewhere("new")
            #expect(await other.saving("backup", "restore", backup.path).code == .success)
            let received = await other.run("recv")
            #expect(received.output.contains("received before the loss"), "\(received)")
            #expect(received.output.contains("under way"), "\(received)")
            #expect(received.errors.contains("no one-time keys are published"), "\(received)")
            let refreshed = await other.run("identity", "refresh-prekeys", "--replace", "--count", "2")
            #expect(refreshed.output.contains("published 2/2") && refreshed.output.contains("count: 2"), "\(refreshed)")
            #expect(await pair.alice.run("send", "bob", "afterwards").errors.isEmpty)
            #expect(await other.run("recv").output.contains("afterwards"))
        }
    }

    @Test("An identity that is there is not overwritten; with --replace its folder is kept")
    func occupied() async throws {
        try await withTestFolder { parent in
            let (one, other) = (Self.user("one", in: parent), Self.user("other", in: parent))
            let backup = parent.appending(path: "one.backup")
            #expect(await one.run("init", "one").code == .success)
            #expect(await other.run("init", "other").code == .success)
            #expect(await one.saving("backup", "create", backup.path).code == .success)
            let before = try other.configurationText

            let refused = await other.saving("backup", "restore", backup.path)
            #expect(refused.code == .userError && refused.errors.contains("holds an identity already (config.yaml)"))
            #expect(try other.configurationText == before)

            let lock = FolderLock(folder: other.folder, name: ".recv.lock")
            try await lock.tryLock {
                let busy = await other.saving("backup", "restore", "--replace", backup.path)
                #expect(busy.code == .userError && busy.errors.contains("is at work in"), "\(busy)")
            }
            #expect(try other.configurationText == before)

            let replaced = await other.saving("backup", "restore", "--replace", backup.path)
            #expect(replaced.code == .success, "\(replaced)")
            #expect(try other.load().username == "one")
            let kept = URL(fileURLWithPath: "\(other.folder.path).before-restore-1800000000")
            #expect(try String(contentsOf: kept.appending(path: "config.yaml"), encoding: .utf8) == before)
            #expect(replaced.errors.contains(kept.path))
        }
    }

    @Test("Files that are no identity stay where they are")
    func strangersInFolder() async throws {
        try await withTestFolder { parent in
            let (one, other) = (Self.user("one", in: parent), Self.user("other", in: parent))
            let backup = parent.appending(path: "one.backup")
            #expect(await one.run("init", "one").code == .success)
            #expect(await one.saving("backup", "create", backup.path).code == .success)
            try PrivateFile.createFolder(other.folder)
            try Data("secret\n".utf8).write(to: other.folder.appending(path: "passphrase"))
            #expect(await other.saving("backup", "restore", backup.path).code == .success)
            #expect(try other.load().username == "one")
            #expect(FileManager.default.fileExists(atPath: other.folder.appending(path: "passphrase").path))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: parent.path).sorted() == [
                    "one", "one.backup", "other",
                ]
            )
        }
    }

    @Test("Whatever is wrong with a backup, it is said in one line and nothing is written")
    func refusals() async throws {
        try await withTestFolder { parent in
            let (one, other) = (Self.user("one", in: parent), Self.user("other", in: parent))
            let backup = parent.appending(path: "one.backup")
            #expect(await one.run("init", "one").code == .success)
            #expect(await one.saving("backup", "create", backup.path).code == .success)
            let whole = try Data(contentsOf: backup)
            var newer = whole
            newer[15] = 9
            var damaged = whole
            damaged[whole.count - 40] ^= 1
            let cases: [(Data, String)] = [
                (Data("hello".utf8), "is no backup of dnsmesh"), (newer, "made by a newer dnsmesh (format 9)"),
                (whole.dropLast(), "is cut off"), (damaged, "is damaged"),
            ]
            for (content, words) in cases {
                try content.write(to: backup)
                let outcome = await other.saving("backup", "restore", backup.path)
                #expect(outcome.code == .userError && outcome.errors.contains(words), "\(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
            }
            try whole.write(to: backup)
            var mistaken = other
            mistaken.environment["DMP_BACKUP_PASSPHRASE"] = "mistaken"
            let outcome = await mistaken.run("backup", "restore", backup.path)
            #expect(outcome.code == .userError && outcome.errors.contains("the passphrase isn't that of"), "\(outcome)")
            #expect(await other.saving("backup", "restore", parent.appending(path: "none").path).code == .userError)
            #expect(await one.saving("backup", "create", backup.path).errors.contains("exists; name another file"))
            #expect(await other.saving("backup", "create", parent.appending(path: "x").path).code == .userError)
            #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path).sorted() == ["one", "one.backup"])
        }
    }

    @Test("The passphrase comes from the option, the environment, or twice from the terminal")
    func passphrases() async throws {
        try await withTestFolder { parent in
            var one = Self.user("one", in: parent)
            #expect(await one.run("init", "one").code == .success)
            #expect(
                await one.run("backup", "create", parent.appending(path: "a").path).errors.contains(
                    "DMP_BACKUP_PASSPHRASE"
                )
            )

            let differing = ScriptedPrompt("typed", "tpyed")
            one.terminal = differing
            #expect(await one.run("backup", "create", parent.appending(path: "a").path).code == .userError)
            #expect(differing.questions == ["Passphrase of the backup: ", "Repeat the passphrase: "])
            one.terminal = ScriptedPrompt("typed", "typed")
            #expect(await one.run("backup", "create", parent.appending(path: "a").path).code == .success)

            let file = parent.appending(path: "passphrase")
            try Data("typed\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            var other = Self.user("other", in: parent)
            other.environment["DMP_BACKUP_PASSPHRASE"] = "the option wins"
            let restored = await other.run(
                "backup",
                "restore",
                parent.appending(path: "a").path,
                "--passphrase-file",
                file.path
            )
            #expect(restored.code == .success, "\(restored)")
            var third = Self.user("third", in: parent)
            let once = ScriptedPrompt("typed")
            third.terminal = once
            #expect(await third.run("backup", "restore", parent.appending(path: "a").path).code == .success)
            #expect(once.questions.count == 1)
        }
    }

    @Test("The passphrase of the identity is never part of a backup, and its absence is noticed")
    func identityPassphrase() async throws {
        try await withTestFolder { parent in
            let (one, other) = (Self.user("one", in: parent), Self.user("other", in: parent))
            #expect(await one.run("init", "one").code == .success)
            let file = one.folder.appending(path: "passphrase.yaml")
            try Data("very secret".utf8).write(to: file)
            _ = try await one.file().update { $0.passphraseFile = file.path }
            let saved = await one.saving("backup", "create", parent.appending(path: "a").path, "--json")
            #expect(saved.code == .success && saved.output.contains("config.yaml"))
            #expect(!saved.output.contains("passphrase.yaml"), "\(saved)")
            try FileManager.default.removeItem(at: file)
            let restored = await other.saving("backup", "restore", parent.appending(path: "a").path)
            #expect(restored.errors.contains("passphrase_file \(file.path) does not exist here"), "\(restored)")
        }
    }

    @Test(
        "Only names that a backup holds are unpacked",
        arguments: [
            ("config.yaml", true), ("prekeys.db", true), ("tokens/dmp.example.org.json", true),
            ("cluster_manifest.wire", true), ("../config.yaml", false), ("/etc/x.db", false),
            ("tokens/../x.json", false),
            ("tokens/a/b.json", false), ("tokens/.json", false), (".lock", false), ("a\u{0}.db", false), ("", false),
            ("config.yaml.bak-1", false), ("passphrase", false), ("tokens/x.db", false), ("-x.db", false),
        ] as [(String, Bool)]
    )
    func names(name: String, isAllowed: Bool) {
        #expect(BackupContents.isAllowed(name) == isAllowed)
    }

    @Test("A backup that an earlier version made, with older files in it, is restored by this one")
    func keptBackup() async throws {
        try await withTestFolder { parent in
            let kept = projectRoot.appending(path: "Tests/DNSMeshTests/Fixtures/format-1.backup")
            var bob = Self.user("bob", in: parent)
            bob.environment["DMP_PASSPHRASE"] = "the passphrase of bob"
            let restored = await bob.saving("backup", "restore", kept.path)
            #expect(restored.output.contains("from a backup made 2026-11-23T14:03:36Z, 5 files"), "\(restored)")
            let list = await bob.run("inbox", "list")
            for text in ["the first message", "the second message", "third"] { #expect(list.output.contains(text)) }
            #expect(await bob.run("contacts", "list").output.contains("alice"))
        }
    }

    // MARK: Material

    private static func user(_ name: String, in parent: URL) -> TestUser {
        TestUser(folder: parent.appending(path: name))
    }

    private static func leftovers(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(".backup-") }
    }
}

extension TestUser {
    /// Runs a command with the backup's passphrase in the environment.
    fileprivate func saving(_ arguments: String...) async -> Outcome {
        var user = self
        user.environment["DMP_BACKUP_PASSPHRASE"] = "a passphrase of its own"
        return await user.run(arguments)
    }

    /// The same person with another home.
    fileprivate func elsewhere(_ name: String) -> TestUser {
        TestUser(
            folder: self.folder.deletingLastPathComponent().appending(path: name),
            environment: self.environment,
            terminal: self.terminal,
            now: self.now
        )
    }
}
