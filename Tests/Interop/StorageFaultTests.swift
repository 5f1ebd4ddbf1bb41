import Foundation
import Testing

@Suite("Disks that fail", .serialized, .timeLimit(.minutes(5)))
struct StorageFaultTests {
    private static let cell = Cell(node: .ours, sender: .ours, recipient: .ours)

    /// Kilobytes that a file may grow to: some stop the first write, some one in the middle of a message.
    @Test("A full disk costs no message: what can't be stored is received later, once", arguments: [0, 8, 33, 80, 200])
    func fullDisk(kilobytes: Int) async throws {
        try await Pair.introduced(Self.cell) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "5")
            let texts = (1...3).map { "\($0) \(String(repeating: "x", count: 3_000))" }
            for text in texts { try await alice.dnsmesh("send", bob.name, text) }

            let full = try await bob.limited("trap '' XFSZ; ulimit -f \(kilobytes)", ["recv", "--json"])
            #expect(full.status == 0 || full.status == 1 || full.status == 2, "\(full)")
            if full.status != 0 {
                #expect(full.text.contains(".db") || full.text.contains("lock"), "\(full.text)")
                let lines = full.text.split(separator: "\n").filter { $0.hasPrefix("dnsmesh:") }
                #expect(lines.count <= texts.count + 3 && lines.allSatisfy { $0.utf8.count < 400 }, "\(full.text)")
            } else {
                #expect(try await bob.inboxTexts().sorted() == texts.sorted(), "success, but not all is there")
            }
            #expect(!full.text.contains(bob.passphrase))

            try await bob.dnsmesh("recv")
            #expect(try await bob.inboxTexts().sorted() == texts.sorted())
            try await bob.dnsmesh("recv")
            #expect(try await bob.inboxTexts().count == texts.count)
        }
    }

    @Test(
        "A database cut off in the middle is kept aside, and the rest goes on",
        arguments: ["state.db", "prekeys.db"]
    )
    func truncated(name: String) async throws {
        try await Pair.introduced(Self.cell) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await bob.dnsmesh("recv")
            let file = bob.folder.appending(path: name)
            for suffix in ["-wal", "-shm"] {
                let sibling = URL(fileURLWithPath: file.path + suffix)
                if FileManager.default.fileExists(atPath: sibling.path) {
                    try FileManager.default.removeItem(at: sibling)
                }
            }
            let half = try Data(contentsOf: file).prefix(5_000)
            try half.write(to: file)
            // Under the long-term key, as a sender finds no prekey here.
            try await alice.dnsmesh("send", bob.name, "after the damage")
            let outcome = try await bob.attempt(["recv"])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("\(name)") && outcome.errors.contains("broken-"), "\(outcome.errors)")
            #expect(try await bob.inboxTexts() == ["after the damage"])
            let names = try FileManager.default.contentsOfDirectory(atPath: bob.folder.path)
            let kept = try #require(names.filter { $0.hasPrefix("\(name).broken-") }.min())
            #expect(try Data(contentsOf: bob.folder.appending(path: kept)) == half)
        }
    }

    @Test("A folder where nothing can be written is one line that names the file, and stays as it is")
    func noWriting() async throws {
        try await Pair.introduced(Self.cell) { pair in
            let bob = pair.recipient
            let before = try Self.contents(of: bob.folder)
            let outcome = try await bob.limited("trap '' XFSZ; ulimit -f 0", ["contacts", "remove", "alice"])
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.text.contains(bob.folder.path), "\(outcome)")
            let config = try #require(before["config.yaml"])
            #expect(try Self.contents(of: bob.folder)["config.yaml"] == config)
        }
    }

    @Test("Whatever the umask, files are for their owner alone")
    func umask() async throws {
        try await withScratchFolder { folder in
            let node = try await SharedNodes.shared.node(.ours)
            let home = folder.appending(path: "home", directoryHint: .isDirectory)
            let user = User(name: "alice", implementation: .ours, zone: "umask.test", node: node, folder: home)
            let arguments = [
                "init", "alice", "--domain", "umask.test", "--endpoint", node.url, "--dns-host", node.dns.host,
                "--dns-port", node.dns.port, "--no-default-resolvers",
            ]
            _ = try await user.limited("umask 000", arguments).expecting(0)
            _ = try await user.limited("umask 000", ["identity", "publish"]).expecting(0)
            _ = try await user.limited("umask 000", ["identity", "refresh-prekeys", "--count", "1"]).expecting(0)
            _ = try await user.limited("umask 000", ["recv"]).expecting(0)
            let paths = ["."] + (try FileManager.default.subpathsOfDirectory(atPath: home.path))
            #expect(paths.count > 4)
            for path in paths {
                let attributes = try FileManager.default.attributesOfItem(atPath: home.appending(path: path).path)
                let mode = attributes[.posixPermissions] as? Int
                let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
                #expect(mode == (isFolder ? 0o700 : 0o600), "\(path): \(String(mode ?? 0, radix: 8))")
            }
        }
    }

    private static func contents(of folder: URL) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let file = folder.appending(path: name)
            let type = try FileManager.default.attributesOfItem(atPath: file.path)[.type] as? FileAttributeType
            if type == .typeRegular { contents[name] = try Data(contentsOf: file) }
        }
        return contents
    }
}

extension User {
    /// Runs `dnsmesh` in a shell that has done something before, such as setting a limit. All it says is in the output,
    /// which another process writes down, without the limit.
    fileprivate func limited(_ before: String, _ arguments: [String]) async throws -> Program.Outcome {
        try await Program.run(
            URL(fileURLWithPath: "/bin/bash"),
            [
                "-c", "set -o pipefail; (\(before); exec \"$@\") 2>&1 | cat", "bash",
                try self.implementation.command.path,
            ] + arguments,
            environment: self.environment,
            limit: .seconds(60)
        )
    }

    fileprivate func inboxTexts() async throws -> [String] {
        struct Message: Decodable {
            let text: String
        }
        let json = try await self.dnsmesh("inbox", "list", "--json")
        return try JSONDecoder().decode([Message].self, from: Data(json.utf8)).map(\.text)
    }
}
