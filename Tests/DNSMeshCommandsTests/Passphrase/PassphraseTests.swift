import ArgumentParser
import DMPCrypto
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("The passphrase")
struct PassphraseTests {
    private func read(
        _ user: TestUser,
        _ recorder: Recorder = Recorder(),
        file: String? = nil,
        verifyKey: String = "ff"
    ) async throws -> String {
        var configuration = Configuration()
        configuration.username = "alice"
        configuration.passphraseFile = file
        configuration.verifyKey = verifyKey
        let passphrase = Passphrase(
            configuration: configuration,
            configurationPath: "config.yaml",
            context: user.context(recorder, input: [])
        )
        return String(decoding: try await passphrase.read().bytes.unguardedBytes(), as: UTF8.self)
    }

    private func expect(
        _ passphrase: String,
        _ user: TestUser,
        _ recorder: Recorder = Recorder(),
        file: String? = nil,
        verifyKey: String = "ff"
    ) async throws {
        let read = try await self.read(user, recorder, file: file, verifyKey: verifyKey)
        #expect(read == passphrase)
    }

    private func withFile(_ bytes: [UInt8], mode: Int = 0o600, _ body: (TestUser) async throws -> Void) async throws {
        try await withTestFolder { folder in
            let file = folder.appending(path: "secret")
            try Data(bytes).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
            try await body(TestUser(folder: folder))
        }
    }

    @Test("White space is stripped as the reference strips it, and nothing else is")
    func stripping() {
        let stripped: [UInt32] =
            [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680] + (0x2000...0x200a)
            + [0x2028, 0x2029, 0x202f, 0x205f, 0x3000]
        let all = (UInt32(0)...0x3100).filter { value in
            guard let scalar = Unicode.Scalar(value) else { return false }
            return PassphraseFile.stripped("\(scalar)") == ""
        }
        #expect(all == stripped)
        #expect(PassphraseFile.stripped(" \u{3000}\ta b\nc\u{85}\r\n") == "a b\nc")
        #expect(PassphraseFile.stripped("\u{feff}a\u{200b}") == "\u{feff}a\u{200b}")
        #expect(Array(PassphraseFile.stripped("e\u{301}\n").utf8) == [0x65, 0xcc, 0x81], "no normalisation")
    }

    @Test("The environment comes first, byte for byte")
    func environment() async throws {
        try await self.withFile(Array("from file".utf8)) { user in
            var user = user
            user.environment = ["DMP_PASSPHRASE": " padded \n"]
            try await self.expect(" padded \n", user, file: "secret")
        }
    }

    @Test("An empty variable is none: the file comes next, relative to the working folder or to the home")
    func file() async throws {
        try await self.withFile(Array("\n two words \r\n".utf8)) { user in
            var user = user
            user.environment = ["DMP_PASSPHRASE": ""]
            let recorder = Recorder()
            try await self.expect("two words", user, recorder, file: "secret")
            try await self.expect("two words", user, recorder, file: "~/secret")
            try await self.expect("two words", user, recorder, file: user.folder.appending(path: "secret").path)
            #expect(recorder.errors.isEmpty)
        }
    }

    @Test("A file that others can read is used with a warning")
    func sharedFile() async throws {
        try await self.withFile(Array("x".utf8), mode: 0o644) { user in
            let recorder = Recorder()
            try await self.expect("x", user, recorder, file: "secret")
            #expect(recorder.errors.contains("chmod 600"))
        }
    }

    @Test(
        "An empty file, and one that isn't UTF-8, are refused",
        arguments: [[], Array(" \n".utf8), [0xff, 0x61]] as [[UInt8]]
    )
    func badFile(bytes: [UInt8]) async throws {
        try await self.withFile(bytes) { user in
            await #expect { try await self.read(user, file: "secret") } throws: {
                ($0 as? CommandFailure)?.exitCode == .userError && "\($0)".contains("passphrase_file secret")
            }
        }
    }

    @Test("A file that is missing is said to be, before the person is asked")
    func missingFile() async throws {
        try await withTestFolder { folder in
            let prompt = ScriptedPrompt("typed")
            let recorder = Recorder()
            let user = TestUser(folder: folder, terminal: prompt)
            try await self.expect("typed", user, recorder, file: "nowhere")
            #expect(recorder.errors == "dnsmesh: passphrase_file nowhere does not exist\n")
            #expect(prompt.questions == ["Passphrase for alice: "])
        }
    }

    @Test("Until keys were derived the person is asked twice")
    func askedTwice() async throws {
        try await withTestFolder { folder in
            let same = TestUser(folder: folder, terminal: ScriptedPrompt("a b ", "a b "))
            try await self.expect("a b ", same, verifyKey: "")
            let different = TestUser(folder: folder, terminal: ScriptedPrompt("a", "b"))
            await #expect(throws: CommandFailure.self) { try await self.read(different, verifyKey: "") }
            let empty = TestUser(folder: folder, terminal: ScriptedPrompt(""))
            await #expect(throws: CommandFailure.self) { try await self.read(empty) }
        }
    }

    @Test("Without a source and a terminal the command says how to provide one")
    func noSource() async throws {
        try await withTestFolder { folder in
            await #expect { try await self.read(TestUser(folder: folder)) } throws: {
                "\($0)".contains("no passphrase: set DMP_PASSPHRASE, or passphrase_file in config.yaml")
            }
        }
    }

    @Test("A line is edited as it is typed")
    func line() throws {
        func typed(_ bytes: [UInt8]) throws -> (String, Bool) {
            var line = SecretLine()
            let typed = try SecretBytes(count: 5) { (memory) throws(any Error) in
                for byte in bytes where !line.isComplete { try line.type(byte, into: &memory) }
            }
            return (String(decoding: typed.unguardedBytes().prefix(line.count), as: UTF8.self), line.isComplete)
        }
        #expect(try typed(Array("abc\r".utf8)) == ("abc", true))
        #expect(try typed(Array("aé\u{7f}b\n".utf8)) == ("ab", true))
        #expect(try typed(Array("\u{7f}\u{8}x".utf8)) == ("x", false))
        #expect(try typed(Array("abc\u{15}d\u{4}".utf8)) == ("d", true))
        #expect(throws: CommandFailure.self) { try typed(Array("abcdef".utf8)) }
        #expect(throws: CancellationError.self) { try typed([0x61, 0x03]) }
        #expect(throws: CancellationError.self) { try typed([0x04]) }
    }
}

@Suite("The tripwire")
struct TripwireTests {
    private static let key = try? Ed25519.PublicKey(
        hex: "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    )

    private func check(_ expected: String, override: String? = nil) throws -> Tripwire.Verdict {
        let key = try #require(Self.key)
        let environment = override.map { ["DMP_PASSPHRASE_OVERRIDE_VERIFY": $0] } ?? [:]
        return try Tripwire(expected: expected, environment: environment).check(key)
    }

    @Test("The first key is to be stored, the same key passes")
    func passes() throws {
        let hex = try #require(Self.key).hex
        #expect(try self.check("") == .firstUse)
        #expect(try self.check(hex) == .match)
    }

    @Test("Another key is refused, whatever the override says but 1", arguments: [nil, "", "0", "true", "1 "])
    func mismatch(override: String?) {
        #expect { try self.check("aa", override: override) } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.exitCode == .userError && failure.message.contains("  expected: aa\n  derived:  3b6a27bc")
        }
    }

    @Test("The override is loud")
    func overridden() throws {
        guard case .overridden(let warning) = try self.check("aa", override: "1") else {
            Issue.record("not overridden")
            return
        }
        #expect(
            warning.hasPrefix("warning: passphrase derives a different identity than the one saved in config (3b6a")
        )
        #expect(warning.hasSuffix("!= aa); proceeding because DMP_PASSPHRASE_OVERRIDE_VERIFY=1."))
    }
}
