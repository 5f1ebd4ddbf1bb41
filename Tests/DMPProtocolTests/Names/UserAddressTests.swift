import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Users' names and addresses")
struct UserAddressTests {
    @Test("A user name is any text without @, white space and control characters")
    func usernames() throws {
        #expect(try Username("Alice").text == "Alice")
        #expect(try Username("Alice").lowercased == Username("alice"))
        #expect(try Username("ÄLICE").lowercased.text == "Älice")
        #expect(try Username(String(repeating: "é", count: 32)).text.utf8.count == 64)
        #expect(try Username("alice").description == "alice")
        #expect(throws: NameError.empty) { try Username("") }
        #expect(throws: NameError.tooLong(byteCount: 65, limit: 64)) { try Username(String(repeating: "a", count: 65)) }
        for wrong in ["a@b", "al ice", "alice\n", "\u{0}", "a\u{a0}b", "a\u{2028}b", "a\u{85}b", "a\u{1b}b"] {
            #expect(throws: NameError.username(wrong)) { try Username(wrong) }
        }
    }

    @Test("Two spellings of one letter are two users, as their hashes differ")
    func composition() throws {
        let composed = try Username("j\u{fc}rgen")
        let decomposed = try Username("ju\u{308}rgen")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }

    @Test("An address has a user, a host and a text")
    func parts() throws {
        let address = try UserAddress(canonicalizing: " Alice@Example.COM.. ")
        #expect(address.username.text == "alice")
        #expect(address.host.text == "example.com")
        #expect(address.text == "alice@example.com")
        #expect(address.description == address.text)
    }

    @Test(
        "A text without canonical form is refused for its own reason",
        arguments: [
            ("\u{212a}elvin@b", .notASCII),
            ("a", .notAnAddress),
            ("a@b@c", .notAnAddress),
            ("@b", .notAnAddress),
            ("a@.", .notAnAddress),
            ("   ", .notAnAddress),
            ("a.@b", .username("a.")),
            ("a..b@c", .username("a..b")),
            ("_a@b", .username("_a")),
            ("a\n@b", .username("a\n")),
            ("a@b_c", .label("b_c")),
            ("a@b\n.c", .label("b\n")),
            ("a@-b", .label("-b")),
            ("a@b..c", .label("")),
            (
                "a@" + Array(repeating: String(repeating: "x", count: 63), count: 4).joined(separator: "."),
                .tooLong(byteCount: 255, limit: 253)
            ),
        ] as [(String, NameError)]
    )
    func refusals(text: String, reason: NameError) {
        #expect(throws: reason) { try UserAddress(canonicalizing: text) }
    }

    @Test("A canonical address is its own canonical form, whatever was typed")
    func idempotence() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<3_000 {
            let text = String(
                decoding: Array("Alice.b-c_d@x-y.Example.com.".utf8).mutated(using: &random),
                as: UTF8.self
            )
            guard let address = try? UserAddress(canonicalizing: text) else { continue }
            #expect(try UserAddress(canonicalizing: address.text) == address, "seed \(SeededRandom.fuzzSeed)")
            #expect(address.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "seed \(SeededRandom.fuzzSeed)")
        }
    }

    @Test("Every reason has a sentence of one line")
    func descriptions() {
        let errors: [NameError] = [
            .empty, .tooLong(byteCount: 300, limit: 253), .label("a\nb"), .username("a\nb"), .notAnAddress, .notASCII,
            .slot(10), .chunkIndex(-1),
        ]
        for error in errors {
            #expect(!error.description.isEmpty)
            #expect(!error.description.contains("\n"))
        }
    }
}
