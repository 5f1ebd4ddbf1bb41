import Testing

@testable import DNSMeshCommands

@Suite("Reading config.yaml")
struct ConfigurationReadingTests {
    private func read(_ text: String) throws -> Configuration {
        try ConfigurationDocument(Array(text.utf8)).configuration
    }

    @Test("The table has the 34 keys in code-point order")
    func table() {
        let names = ConfigurationKey.all.map(\.name)
        #expect(names.count == 34)
        #expect(names == names.sorted { $0.precedesByCodePoint($1) })
        #expect(Set(names).count == 34)
    }

    @Test("Missing keys take their defaults")
    func defaults() throws {
        var expected = Configuration()
        expected.username = "alice"
        #expect(try self.read("username: alice\n") == expected)
        #expect(expected.domain == "mesh.local")
        #expect(expected.dnsPort == 5353)
        #expect(expected.clusterRefreshInterval == 3600)
        #expect(expected.tsigAlgorithm == "hmac-sha256")
        #expect(expected.tsigDNSPort == 53)
        #expect(expected.receivePrimaryInterval == 30)
        #expect(expected.receiveSecondaryInterval == 600)
        #expect(expected.dnsHost == nil)
    }

    @Test(
        "A text is its raw scalar, whatever YAML would make of it",
        arguments: [
            ("1e5", "1e5"), ("08", "08"), ("0o17", "0o17"), ("12345678", "12345678"), ("017", "017"), ("'yes'", "yes"),
            ("yes", "yes"), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"), ("~", ""), ("null", ""), ("", ""),
            ("''", ""),
            ("\"a\\tb\"", "a\tb"), ("\"\\xE5\\u2603\\U0001F600\\e\"", "\u{e5}\u{2603}\u{1f600}\u{1b}"),
            ("'it''s'", "it's"),
            ("a b # comment", "a b"), ("'~'", "~"), ("0x1F", "0x1F"), (".5", ".5"),
        ]
    )
    func texts(yaml: String, value: String) throws {
        #expect(try self.read("username: \(yaml)\n").username == value)
    }

    @Test("Folded text of the Python command is one text")
    func folded() throws {
        #expect(try self.read("http_token: aaa bbb\n  ccc\nusername: a\n").httpToken == "aaa bbb ccc")
        #expect(try self.read("http_token: 'aaa\n\n  ccc'\nusername: a\n").httpToken == "aaa\nccc")
        #expect(try self.read("http_token: \"aaa\\\n  \\ bbb\"\nusername: a\n").httpToken == "aaa bbb")
    }

    @Test(
        "A flag takes the boolean words of YAML 1.1",
        arguments: [
            ("true", true), ("True", true), ("TRUE", true), ("yes", true), ("Yes", true), ("on", true), ("ON", true),
            ("false", false), ("no", false), ("NO", false), ("off", false), ("null", false), ("", false), ("~", false),
        ]
    )
    func flags(yaml: String, value: Bool) throws {
        #expect(try self.read("cluster_enabled: \(yaml)\n").clusterEnabled == value)
    }

    @Test(
        "Anything else is no flag, 'false' in quotes least of all",
        arguments: ["'false'", "0", "1", "y", "n", "tRue", "[]"]
    )
    func notFlags(yaml: String) {
        #expect { try self.read("cluster_enabled: \(yaml)\n") } throws: {
            ($0 as? ConfigurationFault)?.place == "cluster_enabled"
        }
    }

    @Test(
        "A number takes the forms of YAML 1.1, and digits in quotes",
        arguments: [
            ("53", 53), ("'15353'", 15353), ("\" 7\"", 7), ("017", 15), ("0b11", 3), ("0x1F", 31), ("1_000", 1000),
            ("1:30", 90), ("-1", -1), ("+5", 5), ("0", 0), ("08", 8), ("70000", 70_000),
        ]
    )
    func numbers(yaml: String, value: Int) throws {
        #expect(try self.read("dns_port: \(yaml)\n").dnsPort == value)
    }

    @Test(
        "Anything else is no number",
        arguments: [
            "null", "", "true", "15353.9", "1e5", "abc", "99999999999999999999", "9:99999999999999999999", "0x", "[1]",
            "1:-5", "''", "0b2", "٣",
        ]
    )
    func notNumbers(yaml: String) {
        #expect { try self.read("dns_port: \(yaml)\n") } throws: { ($0 as? ConfigurationFault)?.place == "dns_port" }
    }

    @Test(
        "Resolvers are a list of texts, or one text",
        arguments: [
            ("[]", []), ("null", []), ("", []), ("1.1.1.1", ["1.1.1.1"]),
            ("[1.1.1.1, '[::1]:53']", ["1.1.1.1", "[::1]:53"]),
            ("\n- 1.1.1.1\n- 2001:db8::1", ["1.1.1.1", "2001:db8::1"]), ("\n  - '9.9.9.9'", ["9.9.9.9"]),
        ] as [(String, [String])]
    )
    func resolvers(yaml: String, value: [String]) throws {
        #expect(try self.read("dns_resolvers: \(yaml)\n").dnsResolvers == value)
    }

    @Test("Null empties a text, and is kept apart from '' where the file may say null")
    func nulls() throws {
        let configuration = try self.read("dns_host: null\nhttp_token: ''\ntsig_algorithm: ''\nkdf_salt: null\n")
        #expect(configuration.dnsHost == nil)
        #expect(configuration.httpToken == "")
        #expect(configuration.tsigAlgorithm == "hmac-sha256")
        #expect(configuration.kdfSalt == "")
    }

    @Test("The last of two equal keys counts, whichever way it is written")
    func duplicates() throws {
        let text =
            "passphrase_file: null\nusername: alice\n'passphrase_file': ~/.dmp/first\npassphrase_file: ~/.dmp/passphrase\n"
        #expect(try self.read(text).passphraseFile == "~/.dmp/passphrase")
    }

    @Test("A contact that stands twice is the last one, with what belongs to it")
    func duplicateContacts() throws {
        let text = """
            contacts:
              bob:
                pub: '11'
              carol: '22'
              bob:
                pub: '33'
            username: a
            contacts:
              dave:
                pub: '44'
              dave:
                pub: '55'

            """
        #expect(try self.read(text).contacts == [ContactEntry(label: "dave", encryptionKey: "55")])
    }

    @Test("A byte order mark, CRLF, comments and document markers are understood")
    func lineEnds() throws {
        let text = "\u{feff}# mine\r\n---\r\nusername: 'alice'\r\ncontacts:\r\n  bob:\r\n    pub: aa\r\n"
        let configuration = try self.read(text)
        #expect(configuration.username == "alice")
        #expect(configuration.contacts == [ContactEntry(label: "bob", encryptionKey: "aa")])
    }

    @Test("Flow style, anchors, aliases and merge keys are understood")
    func otherStyles() throws {
        let flow = "{username: alice, contacts: {bob: {pub: aa, spk: bb}}, dns_resolvers: [1.1.1.1]}"
        let read = try self.read(flow)
        #expect(read.username == "alice")
        #expect(read.contacts == [ContactEntry(label: "bob", encryptionKey: "aa", signingKey: "bb")])
        let merged = try self.read(
            "contacts:\n  bob: &base\n    domain: mesh.test\n    pub: aa\n  carol:\n    <<: *base\n    pub: bb\n"
        )
        #expect(merged.contacts.last == ContactEntry(label: "carol", encryptionKey: "bb", domain: "mesh.test"))
    }

    @Test("Contacts: a text is a key, other kinds are skipped, unknown fields are kept")
    func contacts() throws {
        let text = """
            contacts:
              old: 'aabb'
              empty: null
              list: [1]
              123:
                pub: '11'
                spk: null
                note: [1, "x y"]
              full: {pub: '1', spk: '2', domain: d, remote_username: bob}

            """
        #expect(
            try self.read(text).contacts == [
                ContactEntry(label: "old", encryptionKey: "aabb"),
                ContactEntry(
                    label: "123",
                    encryptionKey: "11",
                    otherFields: [.init(name: "note", yaml: "[1, 'x y']")]
                ),
                ContactEntry(label: "full", encryptionKey: "1", signingKey: "2", domain: "d", remoteUsername: "bob"),
            ]
        )
    }

    @Test(
        "What can't be read is refused with its place and a next step",
        arguments: [
            ("", nil), ("# nothing\n", nil), ("{}\n", nil), ("hello\n", nil), ("- a\n", nil),
            ("a: b\n---\na: c\n", "line 2"),
            ("username: [\n", "line 2"), ("username: alice\n bad\n: x: y", "line 3"),
            ("username: {a: b}\n", "username"),
            ("contacts: 5\n", "contacts"), ("dns_resolvers:\n- [1]\n", "dns_resolvers"),
            ("username: *nobody\n", "line 1"),
            ("username: \u{1}\n", nil),
        ] as [(String, String?)]
    )
    func refusals(text: String, place: String?) {
        #expect { try self.read(text) } throws: { error in
            guard let fault = error as? ConfigurationFault else { return false }
            return (place == nil || fault.place == place) && !fault.nextStep.isEmpty
        }
    }

    @Test("Bytes that aren't UTF-8, and huge files, are refused")
    func bytes() {
        #expect(throws: ConfigurationFault.self) { try ConfigurationDocument([0x61, 0x3a, 0x20, 0xff]) }
        #expect(throws: ConfigurationFault.self) {
            try ConfigurationDocument([UInt8](repeating: 0x23, count: YAMLSource.byteLimit + 1))
        }
    }

    @Test("Deep nesting ends in an error, not in a trap", arguments: ["[", "{a: ", "- "])
    func nesting(opener: String) {
        #expect(throws: ConfigurationFault.self) {
            try self.read(
                "username: alice\nother: \(opener == "- " ? "\n" : "")\(String(repeating: opener, count: 20_000))"
            )
        }
    }

    @Test("The effective domain moves to the cluster only once cluster mode is on")
    func effectiveDomain() {
        var configuration = Configuration()
        configuration.domain = "mesh.test"
        configuration.clusterBaseDomain = "cluster.test"
        configuration.clusterOperatorKey = "aa"
        #expect(configuration.effectiveDomain == "mesh.test")
        configuration.clusterEnabled = true
        #expect(configuration.effectiveDomain == "cluster.test")
    }
}
