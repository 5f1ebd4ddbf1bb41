import ArgumentParser
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("The command line")
struct UsageTests {
    private func run(_ arguments: String...) async throws -> TestUser.Outcome {
        try await withTestFolder { await TestUser(folder: $0.appending(path: "home")).run(arguments) }
    }

    @Test(
        "A wrong command line is the user's mistake: exit 1, and nothing on standard output",
        arguments: [
            [], ["nonsense"], ["init"], ["init", "alice", "--bogus"], ["init", "alice", "--dns-port", "abc"],
            ["init", "alice", "--dns-port", "0"], ["init", "alice", "--dns-port", "70000"], ["identity"], ["contacts"],
            ["inbox"], ["inbox", "show", "x"], ["send", "bob"], ["recv", "--interval", "5"], ["recv", "extra"],
            ["init", "alice", "--domain", "a b"], ["init", "alice", "--endpoint", "ftp://x"],
            ["init", "alice", "--dns-host", "dns.example"], ["init", "alice", "--dns-host", "1.1.1.1:53"],
            ["identity", "refresh-prekeys", "--count", "0"], ["identity", "publish", "--ttl", "-1"],
            ["identity", "fetch", "bob", "--accept-fingerprint", "12"], ["node", "--dns-port", "70000"],
            ["--config-home"],
        ]
    )
    func usage(arguments: [String]) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "home"))
            let outcome = await user.run(arguments)
            #expect(outcome.code == .userError, "\(outcome)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("dnsmesh: "), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: user.folder.path))
        }
    }

    @Test(
        "Without a config every command that needs one says so: exit 1, one line",
        arguments: [
            ["identity", "show"], ["identity", "publish"], ["identity", "refresh-prekeys"],
            ["identity", "fetch", "bob"],
            ["contacts", "list"], ["contacts", "add", "bob", String(repeating: "11", count: 32)],
            ["contacts", "remove", "b"],
            ["send", "bob", "hi"], ["recv"], ["inbox", "list"], ["inbox", "show", "1"],
        ]
    )
    func noConfiguration(arguments: [String]) async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "home"))
            let outcome = await user.run(arguments)
            #expect(outcome.code == .userError)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("dnsmesh: no config at \(user.configurationFile.path); run `dnsmesh init"))
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(!FileManager.default.fileExists(atPath: user.folder.path), "nothing is made")
        }
    }

    @Test("Help and version are results")
    func help() async throws {
        #expect(try await self.run("--version").output == "\(Version.text)\n")
        let outcome = try await self.run("identity", "fetch", "-h")
        #expect(outcome.code == .success)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.output.contains("USAGE: dnsmesh identity fetch <user>"))
        #expect(try await self.run("--generate-completion-script", "bash").output.contains("dnsmesh"))
    }

    @Test("Global options stand before the command or behind it")
    func globalOptions() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder.appending(path: "unused"))
            let (one, two) = (folder.appending(path: "one").path, folder.appending(path: "two").path)
            #expect(await user.run("--config-home", one, "init", "alice").output.contains(one))
            #expect(await user.run("init", "bob", "--config-home", two).output.contains(two))
            #expect(await user.run("--config-home=\(two)", "contacts", "list").code == .success)
            #expect(await user.run("contacts", "--config-home", two, "list").code == .success)
        }
    }

    @Test("A reader that has gone ends the command without a word; a full disk doesn't")
    func closedOutput() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder)
            _ = await user.run("init", "alice")
            let gone = await user.run(["contacts", "list"], failingOutput: POSIXError(.EPIPE))
            #expect(gone.code == .outputClosed)
            #expect(gone.errors.isEmpty)
            let full = await user.run(["contacts", "list"], failingOutput: POSIXError(.ENOSPC))
            #expect(full.code == .userError)
            #expect(full.errors.contains("can't write the result"))
        }
    }
}
