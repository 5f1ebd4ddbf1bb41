import ArgumentParser
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("The file config.yaml")
struct ConfigurationFileTests {
    private func withUser(_ body: (TestUser) async throws -> Void) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            #expect(await user.run("init", "alice", "--domain", "mesh.test").code == .success)
            try await body(user)
        }
    }

    @Test("The folder and its files are for their owner alone, and nothing is left over")
    func modes() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "deep/home"))
            #expect(await user.run("init", "alice").code == .success)
            _ = try await user.file().update { $0.verifyKey = "ff" }
            #expect(try mode(of: user.folder) == 0o700)
            #expect(try mode(of: user.configurationFile) == 0o600)
            let names = try FileManager.default.contentsOfDirectory(atPath: user.folder.path)
            #expect(names.sorted() == [".lock", "config.yaml"])
        }
    }

    @Test("Where a restore was cut off, the folder that was there is named, and how to have it back")
    func setAside() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "her home"))
            #expect(await user.run("init", "alice", "--domain", "mesh.test").code == .success)
            let aside = folder.appending(path: "her home.before-restore-1800000000")
            try FileManager.default.moveItem(at: user.folder, to: aside)
            for command in [["contacts", "list"], ["init", "alice"]] {
                let outcome = await user.run(command)
                #expect(outcome.code != .success)
                #expect(outcome.errors.contains("`mv '\(aside.path)' '\(user.folder.path)'`"))
                #expect(outcome.errors.contains("--force") == (command[0] == "init"))
            }
            try FileManager.default.moveItem(at: aside, to: user.folder)
            #expect(await user.run("contacts", "list").code == .success)
            try FileManager.default.createDirectory(at: aside, withIntermediateDirectories: false)
            try FileManager.default.removeItem(at: user.configurationFile)
            #expect(await user.run("contacts", "list").errors.contains("dnsmesh init"))
            try FileManager.default.removeItem(at: user.folder)
            #expect(await user.run("init", "alice", "--force").code == .success)
        }
    }

    @Test("A folder that others can enter is used with a warning, and keeps its mode")
    func widerFolder() async throws {
        try await withTestFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
            let outcome = await TestUser(folder: folder).run("init", "alice")
            #expect(outcome.code == .success)
            #expect(outcome.errors.contains("chmod 700"))
            #expect(try mode(of: folder) == 0o755)
        }
    }

    @Test("Many changes at once are all kept")
    func concurrentChanges() async throws {
        try await self.withUser { user in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        _ = try await user.file().update { $0.contacts.append(ContactEntry(label: "c\(number)")) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try user.load().contacts.map(\.label) == (0..<8).map { "c\($0)" })
        }
    }

    @Test("A change that another program makes meanwhile is kept")
    func foreignChange() async throws {
        try await self.withUser { user in
            let file = user.configurationFile
            _ = try await user.file().update { configuration in
                if configuration.verifyKey.isEmpty, configuration.dnsPort == 5353 {
                    let text = try String(contentsOf: file, encoding: .utf8)
                    try Data(text.replacing("dns_port: 5353", with: "dns_port: 15353").utf8).write(to: file)
                }
                configuration.verifyKey = "ff"
            }
            let configuration = try user.load()
            #expect(configuration.dnsPort == 15353)
            #expect(configuration.verifyKey == "ff")
        }
    }

    @Test("A file that changes without end is given up, with the next step")
    func restlessFile() async throws {
        try await self.withUser { user in
            let file = user.configurationFile
            await #expect(throws: CommandFailure.self) {
                _ = try await user.file().update { configuration in
                    let text = try String(contentsOf: file, encoding: .utf8)
                    try Data("\(text)# more\n".utf8).write(to: file)
                    configuration.verifyKey = "ff"
                }
            }
            let configuration = try user.load()
            #expect(configuration.verifyKey.isEmpty)
        }
    }

    @Test("A symbolic link stays, and what it points to changes")
    func symbolicLink() async throws {
        try await self.withUser { user in
            let real = user.folder.appending(path: "real.yaml")
            try FileManager.default.moveItem(at: user.configurationFile, to: real)
            try FileManager.default.createSymbolicLink(at: user.configurationFile, withDestinationURL: real)
            _ = try await user.file().update { $0.verifyKey = "ff" }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: user.configurationFile.path) == real.path)
            #expect(try String(contentsOf: real, encoding: .utf8).contains("verify_pubkey: 'ff'"))
        }
    }

    @Test("A write that fails leaves the old content")
    func failedWrite() async throws {
        try await self.withUser { user in
            let before = try user.configurationText
            await #expect(throws: ConfigurationFault.self) {
                _ = try await user.file().update { _ in throw ConfigurationFault("no", next: "no") }
            }
            #expect(try user.configurationText == before)
        }
    }

    @Test("Lines appended with echo are read, and survive the next change")
    func appending() async throws {
        try await self.withUser { user in
            let text = try user.configurationText
            try Data("\(text)passphrase_file: ~/.dmp/passphrase\n# by hand\nmine: 1\n".utf8).write(
                to: user.configurationFile
            )
            #expect(try user.load().passphraseFile == "~/.dmp/passphrase")
            _ = try await user.file().update { $0.verifyKey = "ff" }
            #expect(try user.load().passphraseFile == "~/.dmp/passphrase")
            #expect(try user.configurationText.contains("# by hand\nmine: 1\n"))
        }
    }

    @Test(
        "A missing or damaged file is named, with the next step",
        arguments: [
            (nil, "dnsmesh init"), ("", "is empty"), ("a: [", "line 2"), ("dns_port: x\n", "dns_port"),
            ("- a\n", "isn't a mapping"),
        ] as [(String?, String)]
    )
    func damage(text: String?, words: String) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            if let text { try Data(text.utf8).write(to: user.configurationFile) }
            let outcome = await user.run("contacts", "list")
            #expect(outcome.code == .userError)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("dnsmesh: "))
            #expect(
                outcome.errors.contains(user.configurationFile.path) && outcome.errors.contains(words),
                "\(outcome)"
            )
            #expect(outcome.errors.split(separator: "\n").count == 1, "one line: \(outcome)")
        }
    }

    @Test("A folder in the place of the file is refused")
    func folderAsFile() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            try FileManager.default.createDirectory(at: user.configurationFile, withIntermediateDirectories: false)
            let outcome = await user.run("contacts", "list")
            #expect(outcome.code == .userError)
            #expect(outcome.errors.contains("not a regular file"))
        }
    }

    @Test(
        "The flag wins over the variable, which wins over ~/.dmp; tokens follow the flag alone",
        arguments: [
            (nil, [:], "/h/.dmp", "/h/.dmp/tokens"),
            (nil, ["DMP_CONFIG_HOME": ""], "/h/.dmp", "/h/.dmp/tokens"),
            (nil, ["DMP_CONFIG_HOME": "/c"], "/c", "/h/.dmp/tokens"),
            ("/f", ["DMP_CONFIG_HOME": "/c"], "/f", "/f/tokens"),
            ("/f", ["DMP_TOKENS_HOME": " ~/t "], "/f", "/h/t"),
            ("rel", [:], "/w/rel", "/w/rel/tokens"),
            (nil, ["DMP_CONFIG_HOME": "~/x"], "/w/~/x", "/h/.dmp/tokens"),
        ] as [(String?, [String: String], String, String)]
    )
    func home(flag: String?, environment: [String: String], folder: String, tokens: String) {
        var context = TestUser(folder: URL(fileURLWithPath: "/w")).context(Recorder(), input: [])
        context.environment = environment.merging(["HOME": "/h"]) { one, _ in one }
        let home = ConfigurationHome(flag: flag, context: context)
        #expect(home.folder.path == folder)
        #expect(home.tokensFolder.path == tokens)
    }

    @Test(
        "A salt that is missing or damaged is refused once keys were derived with it",
        arguments: [
            ("", "", nil), ("", "ff", "kdf_salt"), ("zz", "", "kdf_salt"), ("aabb", "", "kdf_salt"),
            ("0011223344556677", "ff", nil), ("001122334455667", "", "kdf_salt"),
        ] as [(String, String, String?)]
    )
    func salt(salt: String, verifyKey: String, place: String?) {
        var configuration = Configuration()
        configuration.kdfSalt = salt
        configuration.verifyKey = verifyKey
        var found: String?
        do { _ = try KeyDerivationSalt.bytes(in: configuration) } catch { found = error.place }
        #expect(found == place)
    }
}
