import DMPTesting
import Foundation
import Testing

@Suite("One folder, used by both implementations in turn", .needsReference, .serialized, .timeLimit(.minutes(3)))
struct SharedFolderTests {
    @Test("Whoever makes the folder, the other goes on with it", arguments: Implementation.allCases)
    func turns(_ first: Implementation) async throws {
        let second: Implementation = first == .ours ? .reference : .ours
        try await Pair.introduced(Cell(node: .reference, sender: first, recipient: first)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            let own = try FetchedIdentity(json: try await bob.dnsmesh("identity", "show", "--json"))
            let seen = try await bob.using(second).dnsmesh("identity", "show", "--json")
            #expect(try FetchedIdentity(json: seen) == own)

            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "4")
            try await alice.using(.ours).send([Body.plain(5), Body.plain(6)], to: bob.name)
            #expect(try await bob.using(second).receive().count == 2, "the other finds the private halves")
            #expect(try await bob.prekeyCount() == 2)
            #expect(try await bob.receive().isEmpty, "the first knows what the other has received")

            try await bob.using(second).dnsmesh("identity", "refresh-prekeys", "--count", "4")
            try await alice.using(.ours).send([Body.plain(7)], to: bob.name)
            #expect(try await bob.receive().map(\.body) == [Body.plain(7)])
            #expect(try await bob.using(second).receive().isEmpty, "the other knows what the first has received")

            try await bob.using(second).send([Body.plain(8)], to: alice.name)
            #expect(try await alice.using(second).receive().map(\.body) == [Body.plain(8)])
        }
    }

    @Test("The reference reads every value back after our command has rewritten the config")
    func values() async throws {
        try await self.withBob(.reference) { bob in
            for (key, value) in Self.oddValues { try bob.set(key, to: value) }
            try await bob.dnsmesh("contacts", "add", "carol", Self.key(1))
            let before = try await bob.configAsReference()
            try await bob.using(.ours).dnsmesh("contacts", "add", "dave", Self.key(2), "--signing-key", Self.key(3))
            var after = try await bob.configAsReference()
            #expect(after.contacts.removeValue(forKey: "dave")?["spk"] == Self.key(3))
            #expect(after == before)
        }
    }

    @Test("Odd labels of contacts are the same for both", arguments: Implementation.allCases)
    func labels(_ writer: Implementation) async throws {
        try await self.withBob(writer) { bob in
            for (number, label) in Self.oddLabels.enumerated() {
                try await bob.dnsmesh("contacts", "add", "--", label, Self.key(UInt8(number)))
            }
            try await bob.using(.ours).dnsmesh("contacts", "add", "last", Self.key(99))
            let expected = Dictionary(
                uniqueKeysWithValues: Self.oddLabels.enumerated().map { ($1, Self.key(UInt8($0))) }
                    + [("last", Self.key(99))]
            )
            #expect(try await bob.configAsReference().contacts.mapValues { $0["pub"] } == expected)
            let shown = try await bob.using(.ours).dnsmesh("contacts", "list").split(separator: "\n")
            for (label, key) in expected {
                #expect(shown.contains { $0.hasPrefix(label) && $0.contains(key) }, "\(label)")
            }
        }
    }

    @Test("Lines that a user appends, comments and unknown keys survive our writes")
    func handEdits() async throws {
        try await self.withBob(.ours) { bob in
            try await withScratchFolder { scratch in
                let secret = scratch.appending(path: "passphrase")
                try Data("\(bob.passphrase)\n".utf8).write(to: secret)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret.path)
                let shown = try await bob.dnsmesh("identity", "show", "--json")

                try bob.append("# a remark of mine\nmy_own_key: [1, two]\npassphrase_file: \(secret.path)\n")
                try await bob.dnsmesh("contacts", "add", "carol", Self.key(1))
                #expect(try bob.configText.contains("my_own_key") && bob.configText.contains("a remark of mine"))
                try bob.append("domain: other.test\n")

                for user in [bob, bob.using(.reference)] {
                    let again = try await user.attempt(
                        ["identity", "show", "--json"],
                        changing: ["DMP_PASSPHRASE": ""]
                    ).expecting(0).text
                    #expect(again.contains("other.test"))
                    #expect(try FetchedIdentity(json: again) == FetchedIdentity(json: shown))
                }
            }
        }
    }

    @Test("A config that is a symbolic link stays one")
    func symbolicLink() async throws {
        try await self.withBob(.ours) { bob in
            try await withScratchFolder { scratch in
                let (link, file) = (bob.folder.appending(path: "config.yaml"), scratch.appending(path: "real.yaml"))
                try FileManager.default.moveItem(at: link, to: file)
                try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
                try await bob.dnsmesh("contacts", "add", "carol", Self.key(1))
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
                #expect(try String(contentsOf: file, encoding: .utf8).contains("carol"))
                #expect(try await bob.configAsReference().contacts["carol"]?["pub"] == Self.key(1))
            }
        }
    }

    @Test("A prekey database of a newer schema is refused, one from before versions is used")
    func schemaVersions() async throws {
        try await Pair.introduced(Cell(node: .reference, sender: .ours, recipient: .ours)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "2")
            try await alice.send([Body.plain(9)], to: bob.name)

            try await bob.drive("schema.py", "3")
            let refused = try await bob.attempt(["recv"])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("prekeys.db"), "\(refused.errors)")
            #expect(refused.errors.split(separator: "\n").count <= 2, "one clear line: \(refused.errors)")

            try await bob.drive("schema.py", "0")
            #expect(try await bob.receive().map(\.body) == [Body.plain(9)])
            #expect(try await bob.using(.reference).receive().isEmpty)
        }
    }

    @Test("Two of our commands that receive at once deliver a message once")
    func twoAtOnce() async throws {
        try await Pair.introduced(Cell(node: .reference, sender: .reference, recipient: .ours)) { pair in
            let texts = ["first of two", "second of two"]
            try await pair.sender.send(texts.map { Array($0.utf8) }, to: pair.recipient.name)
            async let one = pair.recipient.attempt(["recv"])
            async let other = pair.recipient.attempt(["recv"])
            let outcomes = try await [one, other]
            let shown = outcomes.map(\.text).joined() + (try await pair.recipient.dnsmesh("recv"))
            for text in texts { #expect(shown.split(separator: text).count == 2, "\(outcomes)") }
        }
    }

    // MARK: Material

    private static let oddLabels = [
        "no", "123", "1e5", "0x1F", "1:30", "2020-01-01", "=", "<<", "- a: #b", "null", "~", "'", "\"", "ünï", "a b",
        "{}", "\u{1F98A}", String(repeating: "x", count: 200),
    ]

    /// Texts that YAML would take for something else if they stood unquoted.
    private static let oddValues = [
        "cluster_node_token": "1e5", "http_token": "0x1F", "tsig_key_name": "yes", "tsig_zone": "2020-01-01",
        "tsig_dns_server": "~", "bootstrap_user_domain": "08", "identity_domain": "1.5",
    ]

    private static func key(_ number: UInt8) -> String { Array(repeating: number, count: 32).hex }

    private func withBob(_ implementation: Implementation, _ body: (User) async throws -> Void) async throws {
        let cell = Cell(node: .reference, sender: implementation, recipient: implementation)
        try await Pair.strangers(cell) { try await body($0.recipient) }
    }
}

extension User {
    /// The config as the reference understands it.
    fileprivate struct ConfigView: Decodable, Equatable {
        var contacts: [String: [String: String]]
        let rest: [String: String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            self.contacts = try container.decode([String: [String: String]].self, forKey: Key(stringValue: "contacts"))
            var rest: [String: String] = [:]
            for key in container.allKeys where key.stringValue != "contacts" {
                rest[key.stringValue] = try Self.text(container, key)
            }
            self.rest = rest
        }

        private static func text(_ container: KeyedDecodingContainer<Key>, _ key: Key) throws -> String {
            if let text = try? container.decode(String.self, forKey: key) { return "text \(text)" }
            if let flag = try? container.decode(Bool.self, forKey: key) { return "flag \(flag)" }
            if let number = try? container.decode(Int.self, forKey: key) { return "number \(number)" }
            if let list = try? container.decode([String].self, forKey: key) { return "list \(list)" }
            return try container.decodeNil(forKey: key) ? "null" : "something else"
        }

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { return nil }
        }
    }

    fileprivate func configAsReference() async throws -> ConfigView {
        try JSONDecoder().decode(ConfigView.self, from: Data(try await self.drive("config.py").utf8))
    }

    fileprivate var configText: String {
        get throws { try String(contentsOf: self.folder.appending(path: "config.yaml"), encoding: .utf8) }
    }

    fileprivate func append(_ lines: String) throws {
        let file = self.folder.appending(path: "config.yaml")
        try Data((try self.configText + lines).utf8).write(to: file)
    }
}
