import DMPTesting
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Writing config.yaml")
struct ConfigurationWritingTests {
    private func document(_ text: String) throws -> ConfigurationDocument {
        try ConfigurationDocument(Array(text.utf8))
    }

    private func changing(_ text: String, _ change: (inout Configuration) -> Void) throws -> String {
        let document = try self.document(text)
        var configuration = document.configuration
        change(&configuration)
        return try document.text(for: configuration)
    }

    private static let oddTexts = [
        "no", "123", "1e5", "0x1F", "1:30", "2020-01-01", "=", "<<", "- a: #b", "", "ünï", "null", "~", "'", "\"",
        "a b ",
        " a", "{}", "\u{1F98A}", "a\nb", "\t", "\u{1b}[31m", "\u{85}", "\u{2028}", "a\u{feff}", "%", "@", "`", "---",
        "...",
        String(repeating: "x", count: 200), String(repeating: "é", count: 400), String(repeating: "long ", count: 300),
    ]

    @Test("A new file has all 34 keys in order, quoted texts, and a line end at its end")
    func newFile() throws {
        var configuration = Configuration()
        configuration.username = "alice"
        configuration.dnsResolvers = ["1.1.1.1", "[::1]:53"]
        let text = ConfigurationDocument.text(for: configuration)
        let keys = text.split(separator: "\n").filter { !$0.hasPrefix("-") }.map { String($0.prefix { $0 != ":" }) }
        #expect(keys == ConfigurationKey.all.map(\.name))
        #expect(text.contains("\nusername: 'alice'\nverify_pubkey: ''\n"))
        #expect(text.contains("\ndns_resolvers:\n- '1.1.1.1'\n- '[::1]:53'\n"))
        #expect(text.contains("\ncontacts: {}\ndns_host: null\ndns_port: 5353\n"))
        #expect(try self.document(text).configuration == configuration)
    }

    @Test("Every odd text comes back as it was, out of pure ASCII", arguments: oddTexts)
    func oddText(_ odd: String) throws {
        var configuration = Configuration()
        configuration.username = odd
        configuration.httpToken = odd
        configuration.dnsResolvers = [odd]
        configuration.contacts = [ContactEntry(label: odd, encryptionKey: odd, remoteUsername: odd)]
        let text = ConfigurationDocument.text(for: configuration)
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(try self.document(text).configuration == configuration)
    }

    @Test("Random texts come back as they were")
    func fuzz() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<300 {
            let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(in: 0...0x2ffff, using: &random) >> UInt32.random(in: 0...12, using: &random)
                )
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            var configuration = Configuration()
            configuration.username = text
            configuration.contacts = [ContactEntry(label: text, domain: text)]
            let written = ConfigurationDocument.text(for: configuration)
            #expect(try self.document(written).configuration == configuration, "seed \(SeededRandom.fuzzSeed)")
        }
    }

    @Test("A damaged file is refused or read, and never a trap")
    func damage() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        var configuration = Configuration()
        configuration.contacts = [
            ContactEntry(label: "bob", encryptionKey: "aa"), ContactEntry(label: "a@b", domain: "c"),
        ]
        let bytes = Array("# mine\n\(ConfigurationDocument.text(for: configuration))other: [1, {a: b}]\n".utf8)
        for _ in 0..<400 {
            let document: ConfigurationDocument
            do { document = try ConfigurationDocument(bytes.mutated(using: &random)) } catch { continue }
            var changed = document.configuration
            changed.verifyKey = "cc"
            let text: String
            do { text = try document.text(for: changed) } catch { continue }
            #expect(try self.document(text).configuration.verifyKey == "cc", "seed \(SeededRandom.fuzzSeed)")
        }
    }

    /// As PyYAML writes it, with what a user added by hand.
    private static let edited = """
        # my identity
        allow_tofu: false
        contacts:
          # from work
          alice:
            domain: ''
            pub: ab00000000000000000000000000000000000000000000000000000000000000
            remote_username: ''
            spk: ''
          bob@mesh.test:
            domain: mesh.test
            pub: 1e00000000000000000000000000000000000000000000000000000000000000
            nickname: &n Bobby
            spk: cd00000000000000000000000000000000000000000000000000000000000000

        dns_port: 5353   # the lab
        my_own: {a: [1, 2]}   # kept
        username: alice

        # the end

        """

    @Test("A change of one key leaves comments, order, unknown keys and quoting alone")
    func comments() throws {
        let text = try self.changing(Self.edited) { $0.verifyKey = "ff" }
        for line in [
            "# my identity\nallow_tofu: false\n", "dns_port: 5353   # the lab\n", "my_own: {a: [1, 2]}   # kept\n",
            "username: alice\n", "\n# the end\n", "  # from work\n  alice:\n    domain: ''\n    pub: ab0000",
            "verify_pubkey: 'ff'\n", "'nickname': Bobby\n", "'cd0000",
        ] {
            #expect(text.contains(line), "\(line)\n\(text)")
        }
        #expect(ConfigurationKey.all.allSatisfy { key in "\n\(text)".contains("\n\(key.name):") })
    }

    @Test("A text that YAML could take for a number is quoted at the next change")
    func healing() throws {
        let text = try self.changing("kdf_salt: 1234567812345678\nusername: alice\n") { $0.verifyKey = "ff" }
        #expect(text.contains("kdf_salt: '1234567812345678'\n"))
        #expect(text.contains("username: alice\n"))
    }

    @Test("Contacts are added in order, replaced and removed without touching the others")
    func contacts() throws {
        let added = try self.changing(Self.edited) { $0.contacts.append(ContactEntry(label: "b", encryptionKey: "22")) }
        #expect(
            added.contains("spk: ''\n  'b':\n    domain: ''\n    pub: '22'\n    remote_username: ''\n    spk: ''\n")
        )
        #expect(added.contains("  # from work\n  alice:\n"))
        let replaced = try self.changing(Self.edited) { $0.contacts[1].domain = "other.test" }
        #expect(replaced.contains("domain: 'other.test'\n"))
        #expect(replaced.contains("'nickname': Bobby\n"))
        let removed = try self.changing(Self.edited) { $0.contacts.removeAll { $0.label == "alice" } }
        #expect(!removed.contains("alice:"))
        #expect(removed.contains("bob@mesh.test"))
        let none = try self.changing(Self.edited) { $0.contacts = [] }
        #expect(none.contains("\ncontacts: {}\n"))
    }

    @Test("Entries that can't be read as contacts stay in the file")
    func unreadableContacts() throws {
        let text = try self.changing("contacts:\n  x: [1]\n  y: null\nusername: a\n") {
            $0.contacts.append(ContactEntry(label: "bob", encryptionKey: "22"))
        }
        #expect(text.contains("  x: [1]\n  y: null\n"))
        #expect(text.contains("  'bob':\n"))
    }

    @Test("A file in another style is written anew, with its unknown keys")
    func rewriting() throws {
        let text = try self.changing("{username: alice, other: [1, 'a b', {c: true}], contacts: {bob: {pub: aa}}}") {
            $0.domain = "mesh.test"
        }
        #expect(text.contains("domain: 'mesh.test'\n"))
        #expect(text.contains("'other': [1, 'a b', {c: true}]\n"))
        #expect(text.contains("contacts:\n  'bob':\n    domain: ''\n    pub: 'aa'\n"))
    }

    @Test("Duplicates are gone after a change, markers and a missing line end too")
    func tidying() throws {
        let text = try self.changing(
            "---\nusername: a\npassphrase_file: null\nusername: bob\npassphrase_file: ~/p\n...\n"
        ) {
            $0.verifyKey = "ff"
        }
        #expect(!text.contains("---") && !text.contains("..."))
        #expect(text.components(separatedBy: "\nusername:").count + (text.hasPrefix("username:") ? 1 : 0) == 2)
        #expect(text.contains("passphrase_file: '~/p'\n"))
        #expect(text.hasSuffix("\n"))
        let appended = text + "passphrase_file: /other\n"
        #expect(try self.document(appended).configuration.passphraseFile == "/other")
    }

    @Test("Anchors in a known value don't break those who refer to them")
    func anchors() throws {
        let text = try self.changing("username: &me '123'\ndomain: mesh.test\nnick: *me\n") { $0.username = "bob" }
        let document = try self.document(text)
        #expect(document.configuration.username == "bob")
        #expect(text.contains("'nick': '123'"))
    }

    @Test("Without a change the text stays as it is")
    func unchanged() throws {
        var configuration = Configuration()
        configuration.contacts = [ContactEntry(label: "bob", encryptionKey: "aa")]
        let text = ConfigurationDocument.text(for: configuration)
        #expect(try self.changing(text) { _ in } == text)
    }
}
