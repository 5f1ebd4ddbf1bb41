import DMPTesting
import Foundation
import Testing

/// Each command is killed at moments spread over its run; what it leaves is then used.
@Suite("Commands that are killed", .serialized, .timeLimit(.minutes(10)))
struct KilledCommandTests {
    private static let cell = Cell(node: .ours, sender: .ours, recipient: .ours)

    @Test("init leaves a whole config or none")
    func initializing() async throws {
        var kills = Kills("init")
        let node = try await SharedNodes.shared.node(.ours)
        try await withScratchFolder { folder in
            func user(_ name: String) -> User {
                User(
                    name: name,
                    implementation: .ours,
                    zone: "k.test",
                    node: node,
                    folder: folder.appending(path: name)
                )
            }
            func arguments(_ user: User) -> [String] {
                ["init", user.name, "--domain", user.zone, "--endpoint", node.url]
            }
            try await kills.measure(user("first"), arguments(user("first")))
            for number in 1...20 {
                let user = user("u\(number)")
                let outcome = try await kills.kill(user, arguments(user))
                try user.requirePrivateFiles()
                let file = user.folder.appending(path: "config.yaml")
                if FileManager.default.fileExists(atPath: file.path) {
                    #expect(try Data(contentsOf: file).count > 500)
                } else {
                    #expect(outcome.status != 0, "\(outcome)")
                    _ = try await user.attempt(arguments(user)).expecting(0)
                }
                try await user.dnsmesh("identity", "show")
            }
        }
        kills.report()
    }

    @Test("Changes of the contacts are there or not, and cost nothing else")
    func contacts() async throws {
        var kills = Kills("contacts add and remove")
        try await Pair.introduced(Self.cell) { pair in
            let alice = pair.sender
            let before = try await alice.dnsmesh("identity", "show", "--json")
            let key = String(repeating: "17", count: 32)
            try await kills.measure(alice, ["contacts", "add", "first", key, "--signing-key", key])
            for number in 1...10 {
                try await kills.kill(alice, ["contacts", "add", "c\(number)", key, "--signing-key", key])
                try alice.requirePrivateFiles()
                var names = try await alice.contactNames()
                #expect(names.isSuperset(of: [pair.recipient.name, "first"]))
                try await kills.kill(alice, ["contacts", "remove", "c\(number)"])
                names = try await alice.contactNames()
                #expect(names.isSuperset(of: [pair.recipient.name, "first"]))
                #expect(names.isSubset(of: [pair.recipient.name, "first", "c\(number)"]))
                if names.contains("c\(number)") { try await alice.dnsmesh("contacts", "remove", "c\(number)") }
            }
            #expect(try await alice.dnsmesh("identity", "show", "--json") == before)
        }
        kills.report()
    }

    @Test(
        "Publishing an identity or prekeys: whoever writes meanwhile is read",
        arguments: ["publish", "refresh-prekeys"]
    )
    func publishing(verb: String) async throws {
        var kills = Kills("identity \(verb)")
        try await Pair.introduced(Self.cell) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            let arguments = ["identity", verb] + (verb == "publish" ? [] : ["--count", "4"])
            try await kills.measure(bob, arguments)
            var sent: [String] = []
            for number in 1...8 {
                try await kills.kill(bob, arguments)
                try bob.requirePrivateFiles()
                sent.append("message \(number)")
                try await alice.dnsmesh("send", bob.name, "message \(number)")
                try await bob.dnsmesh("recv")
                #expect(try await bob.inboxTexts().sorted() == sent.sorted(), "\(kills)")
            }
            _ = try await bob.attempt(arguments).expecting(0)
        }
        kills.report()
    }

    @Test("A send that was killed costs no other message, and none that was acknowledged")
    func sending() async throws {
        var kills = Kills("send")
        try await Pair.introduced(Self.cell) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "20")
            try await kills.measure(alice, ["send", bob.name, "first"])
            var acknowledged = ["first"]
            for number in 1...12 {
                let text = "\(number) \(String(repeating: "x", count: 1_000))"
                if try await kills.kill(alice, ["send", bob.name, text]).status == 0 { acknowledged.append(text) }
                try alice.requirePrivateFiles()
                try await alice.dnsmesh("send", bob.name, "after \(number)")
                acknowledged.append("after \(number)")
            }
            try await alice.dnsmesh("recv")
            try await bob.dnsmesh("recv")
            let texts = try await bob.inboxTexts()
            #expect(Set(texts).isSuperset(of: acknowledged), "\(kills)")
            #expect(Set(texts).count == texts.count, "\(kills)")
        }
        kills.report()
    }

    @Test("A rotation that was killed ends when it is run again, and no identity and no mail is lost")
    func rotating() async throws {
        var kills = Kills("identity rotate")
        try await Pair.introduced(Self.cell) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "3")
            var passphrase = bob.passphrase
            var sent: [String] = []
            for number in 0...6 {
                let next = bob.folder.appending(path: "passphrase-\(number)")
                try Data("the next passphrase, \(number)".utf8).write(to: next)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: next.path)
                sent.append("before \(number)")
                try await alice.dnsmesh("send", bob.name, "before \(number)")

                let (old, new) = (["DMP_PASSPHRASE": passphrase], ["DMP_PASSPHRASE": "the next passphrase, \(number)"])
                let arguments = ["identity", "rotate", "--experimental", "--yes", "--new-passphrase-file", next.path]
                if number == 0 {
                    try await kills.measure(bob, arguments, changing: old)
                } else {
                    for _ in 0..<3 where try await kills.kill(bob, arguments, changing: old).status == 0 { break }
                    try bob.requirePrivateFiles()
                    let shown = [
                        try await bob.attempt(["identity", "show"], changing: old),
                        try await bob.attempt(["identity", "show"], changing: new),
                    ]
                    #expect(shown.contains { $0.status == 0 }, "\(kills): \(shown)")
                    let again = try await bob.attempt(arguments, changing: old)
                    // One that was killed after all was done has nothing left to do.
                    #expect(again.status == 0 || shown[1].status == 0, "\(kills): \(again)")
                }
                passphrase = "the next passphrase, \(number)"
                sent.append("after \(number)")
                try await alice.dnsmesh("send", bob.name, "after \(number)")
                _ = try await bob.attempt(["recv"], changing: new).expecting(0)
                let texts = try await bob.inboxTexts(changing: new)
                #expect(texts.sorted() == sent.sorted(), "\(kills)")
            }
        }
        kills.report()
    }

    @Test("A backup is whole or not there, and so is what is restored from it")
    func backups() async throws {
        var (creations, restorations) = (Kills("backup create"), Kills("backup restore"))
        try await Pair.introduced(Self.cell) { pair in
            let bob = pair.recipient
            try await pair.sender.dnsmesh("send", bob.name, "to be kept")
            try await bob.dnsmesh("recv")
            let place = bob.folder.deletingLastPathComponent()
            let secret = ["DMP_BACKUP_PASSPHRASE": "the passphrase of the backup"]
            let backup = place.appending(path: "backup")
            try await creations.measure(bob, ["backup", "create", backup.path], changing: secret)
            func restore(_ backup: URL, to name: String) -> (user: User, arguments: [String]) {
                let home = place.appending(path: name, directoryHint: .isDirectory)
                let user = User(name: "bob", implementation: .ours, zone: bob.zone, node: bob.node, folder: home)
                return (user, ["backup", "restore", backup.path])
            }
            let first = restore(backup, to: "first")
            try await restorations.measure(first.user, first.arguments, changing: secret)
            for number in 1...6 {
                let killed = place.appending(path: "backup-\(number)")
                try await creations.kill(bob, ["backup", "create", killed.path], changing: secret)
                try bob.requirePrivateFiles()
                if !FileManager.default.fileExists(atPath: killed.path) {
                    _ = try await bob.attempt(["backup", "create", killed.path], changing: secret).expecting(0)
                }
                let names = try FileManager.default.contentsOfDirectory(atPath: bob.folder.path)
                #expect(!names.contains { $0.hasPrefix(".backup-") }, "\(creations): \(names)")

                let copy = restore(killed, to: "copy-\(number)")
                try await restorations.kill(copy.user, copy.arguments, changing: secret)
                if FileManager.default.fileExists(atPath: copy.user.folder.path) {
                    #expect(try await copy.user.inboxTexts() == ["to be kept"], "\(restorations)")
                } else {
                    _ = try await copy.user.attempt(copy.arguments, changing: secret).expecting(0)
                }
                try copy.user.requirePrivateFiles()
                #expect(try await copy.user.inboxTexts() == ["to be kept"], "\(restorations)")
            }
        }
        creations.report()
        restorations.report()
    }
}

/// Kills one command at random moments of its run, and counts.
private struct Kills: CustomStringConvertible {
    private let what: String
    private let seed = SeededRandom.fuzzSeed
    private var random: SeededRandom
    private var duration = Duration.zero
    private var moments: [Int] = []
    private var count = 0

    init(_ what: String) {
        self.what = what
        self.random = SeededRandom(seed: self.seed)
    }

    /// Runs it whole, to know how long it takes.
    mutating func measure(_ user: User, _ arguments: [String], changing changes: [String: String] = [:]) async throws {
        let start = ContinuousClock.now
        _ = try await user.attempt(arguments, changing: changes).expecting(0)
        self.duration = start.duration(to: .now)
    }

    @discardableResult
    mutating func kill(
        _ user: User,
        _ arguments: [String],
        changing changes: [String: String] = [:]
    ) async throws -> Program.Outcome {
        let moment = Double.random(in: 0.1...1.1, using: &self.random)
        let start = ContinuousClock.now
        let outcome = try await user.attempt(arguments, changing: changes, limit: self.duration * moment)
        self.moments.append(Int(moment * 100))
        if outcome.status == -9 {
            self.count += 1
        } else {
            // A run may have been measured while the machine was busy, and the next ones not.
            self.duration = min(self.duration, start.duration(to: .now))
        }
        return outcome
    }

    var description: String { "seed \(self.seed), \(self.what) killed at \(self.moments) %" }

    func report() {
        #expect(self.count > 0)
        print("kill -9 of \(self.what): seed \(self.seed), \(self.count) of \(self.moments.count) runs killed")
    }
}

extension User {
    /// Whatever a crash has left is for its owner alone.
    fileprivate func requirePrivateFiles() throws {
        guard FileManager.default.fileExists(atPath: self.folder.path) else { return }
        for path in ["."] + (try FileManager.default.subpathsOfDirectory(atPath: self.folder.path)) {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.folder.appending(path: path).path)
            let mode = attributes[.posixPermissions] as? Int
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            #expect(mode == (isFolder ? 0o700 : 0o600), "\(path): \(String(mode ?? 0, radix: 8))")
        }
    }

    fileprivate func contactNames() async throws -> Set<String> {
        let json = try await self.dnsmesh("contacts", "list", "--json")
        struct Contact: Decodable {
            let name: String
        }
        return Set(try JSONDecoder().decode([Contact].self, from: Data(json.utf8)).map(\.name))
    }

    fileprivate func inboxTexts(changing changes: [String: String] = [:]) async throws -> [String] {
        struct Message: Decodable {
            let text: String
        }
        let json = try await self.attempt(["inbox", "list", "--json"], changing: changes).expecting(0).text
        return try JSONDecoder().decode([Message].self, from: Data(json.utf8)).map(\.text)
    }
}
