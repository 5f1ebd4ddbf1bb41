import DMPCrypto
import Foundation
import Testing

/// Each command waits for a server that never answers, and so is sure to be at work.
@Suite("Secrets of a running command", .serialized, .timeLimit(.minutes(5)))
struct RunningSecretsTests {
    /// How the command gets its secrets.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case environment = "passphrase and token from the environment and the config"
        case files = "passphrase and token from files"
        case tsig = "a TSIG key"
        case input = "a message on standard input"

        var testDescription: String { self.rawValue }
    }

    private static let cell = Cell(node: .ours, sender: .ours, recipient: .ours)
    private static let token = "token-5f0c4fd1b3a94e7e8d0f"
    private static let tsigSecret = (0..<32).map { UInt8(0x61 + $0 % 26) }
    private static let text = "for bob alone, between 7 and 8"

    @Test("Neither arguments nor output show a secret, and a crash writes none down", arguments: Way.allCases)
    func commands(_ way: Way) async throws {
        try await Pair.introduced(Self.cell) { pair in
            let alice = pair.sender
            let silent = try SilentServer(way == .tsig ? .udp : .tcp)
            let environment = try Self.prepare(alice, way, silent)
            let key = try alice.privateKey()
            let arguments = way == .input ? ["send", pair.recipient.name, "-"] : ["identity", "publish"]
            try await Self.run(arguments, environment, input: Array(Self.text.utf8)) { program in
                try await silent.waitForClient()
                program.pause()  // the search of its memory may take longer than it waits for the server
                let commandLine = try program.systemFile("cmdline")
                #expect(commandLine.contains(arguments[0]))
                try Self.requireNoCoreDump(of: program)
                // The key is in use, which shows that the search finds what is there.
                for half in [key.prefix(16), key.suffix(16)] {
                    #expect(try program.occurrences(of: Array(half)) == 1)
                }
                let signal = way == .tsig || way == .files ? SIGSEGV : SIGABRT
                if way == .files {
                    // Its beginning is in messages of the program.
                    #expect(try program.occurrences(of: Array(alice.passphrase.utf8.suffix(12))) == 0)
                }
                #expect(await program.end(by: signal) == signal)
                let secrets = [Array(alice.passphrase.utf8), key, Array(Self.token.utf8), Self.tsigSecret]
                for shown in [commandLine, try program.written] {
                    for secret in secrets + [Array(Self.text.utf8)] { Self.requireNothing(of: secret, in: shown) }
                }
                let names = try FileManager.default.contentsOfDirectory(atPath: program.folder.path)
                #expect(names.sorted() == ["errors", "input", "output"])
            }
        }
    }

    @Test("A node that says all it can shows neither its token nor a key for updates")
    func node() async throws {
        try await withScratchFolder { folder in
            let keys = folder.appending(path: "keys")
            let secret = Data(Self.tsigSecret).base64EncodedString()
            let line = "k.mesh.test hmac-sha256 \(secret) mesh.test\n"
            try Data(line.utf8).write(to: keys)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys.path)
            let environment = RunningNode.environment(folder: folder).merging([
                "DMP_OPERATOR_TOKEN": Self.token, "DMP_LOG_LEVEL": "debug", "DMP_TSIG_KEY_FILE": keys.path,
                "DMP_SERVED_ZONE": "mesh.test",
            ]) { $1 }
            try await Self.run(["node"], environment, input: []) { program in
                try await program.waitForOutput("node up")
                let commandLine = try program.systemFile("cmdline")
                try Self.requireNoCoreDump(of: program)
                #expect(await program.end(by: SIGABRT) == SIGABRT)
                for shown in [commandLine, try program.written] {
                    Self.requireNothing(of: Array(Self.token.utf8), in: shown)
                    Self.requireNothing(of: Self.tsigSecret, in: shown)
                }
            }
        }
    }

    /// Sets up where the command finds its secrets, and lets it write to the silent server.
    private static func prepare(_ user: User, _ way: Way, _ silent: SilentServer) throws -> [String: String] {
        var environment = user.environment
        switch way {
        case .environment, .input:
            try user.set("endpoint", to: "http://127.0.0.1:\(silent.port)")
            try user.set("http_token", to: Self.token)
        case .files:
            try user.set("endpoint", to: "http://127.0.0.1:\(silent.port)")
            environment["DMP_PASSPHRASE"] = nil
            try Self.write("\(user.passphrase)\n", to: user.folder.appending(path: "passphrase"))
            try user.set("passphrase_file", to: user.folder.appending(path: "passphrase").path)
            let tokens = user.folder.appending(path: "tokens", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
            try Self.write("{\"token\": \"\(Self.token)\"}", to: tokens.appending(path: "127.0.0.1.json"))
        case .tsig:
            let secret = Self.tsigSecret.map { String($0, radix: 16) }.joined()
            for (key, value) in [
                ("tsig_key_name", "k.mesh.test"), ("tsig_secret_hex", secret), ("tsig_zone", user.zone),
                ("tsig_dns_server", "127.0.0.1"),
            ] {
                try user.set(key, to: value)
            }
            try user.set("tsig_dns_port", toNumber: silent.port)
        }
        return environment
    }

    private static func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    }

    /// Runs the command where core dumps are allowed, if the system lets them be.
    private static func run(
        _ arguments: [String],
        _ environment: [String: String],
        input: [UInt8],
        _ body: (RunningProgram) async throws -> Void
    ) async throws {
        try await RunningProgram.run(
            URL(fileURLWithPath: "/bin/bash"),
            ["-c", "ulimit -S -c $(ulimit -H -c); exec \"$@\"", "bash", try Implementation.ours.command.path]
                + arguments,
            environment: environment,
            input: input,
            body
        )
    }

    private static func requireNoCoreDump(of program: RunningProgram) throws {
        let limits = try program.systemFile("limits").split(separator: "\n")
        let line = try #require(limits.first { $0.hasPrefix("Max core file size") })
        #expect(line.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
    }

    /// Neither as it is, nor in hexadecimal digits, nor in base64.
    private static func requireNothing(of secret: [UInt8], in text: String) {
        let digits = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let forms = [String(decoding: secret, as: UTF8.self), Data(secret).base64EncodedString(), digits]
        for form in forms { #expect(!text.contains(form) && !text.lowercased().contains(form)) }
    }
}

extension User {
    /// The X25519 key that the passphrase gives under the salt of the config.
    fileprivate func privateKey() throws -> [UInt8] {
        let text = String(decoding: try Data(contentsOf: self.folder.appending(path: "config.yaml")), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("kdf_salt:") })
        let salt = try #require(Hexadecimal.decode(String(line.dropFirst(9).filter(\.isHexDigit))))
        return try Argon2id.derive(passphrase: Array(self.passphrase.utf8), salt: salt).unguardedBytes()
    }

    /// Changes one key of the config by hand.
    fileprivate func set(_ key: String, toNumber number: Int) throws {
        let file = self.folder.appending(path: "config.yaml")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("\(key):") ? "\(key): \(number)" : String($0) }
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
    }
}
