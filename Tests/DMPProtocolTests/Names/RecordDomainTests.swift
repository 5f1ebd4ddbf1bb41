import Testing

@testable import DMPProtocol

@Suite("Domain names inside records")
struct RecordDomainTests {
    @Test("A name keeps its case, loses one dot at its end and is compared in lower case")
    func normalForm() throws {
        let name = try RecordDomain("Mesh.Example.com.")
        #expect(name.text == "Mesh.Example.com")
        #expect(name.description == name.text)
        #expect(name.zone == (try ZoneName("mesh.example.com")))
        #expect(try RecordDomain("1").text == "1")
    }

    @Test("A name has at most 64 bytes without the dot at its end")
    func length() throws {
        let longest = String(repeating: "a.", count: 31) + "aa"
        #expect(try RecordDomain(longest + ".").text == longest)
        #expect(throws: NameError.tooLong(byteCount: 65, limit: 64)) { try RecordDomain(longest + "a") }
    }

    @Test(
        "What is no name is refused for its own reason",
        arguments: [
            ("", .empty), (".", .empty), ("a..", .label("")), ("..", .label("")), (".a", .label("")), ("é", .notASCII),
            ("a_b", .label("a_b")), ("-a", .label("-a")), ("a-.b", .label("a-")), ("a b", .label("a b")),
        ] as [(String, NameError)]
    )
    func refusals(text: String, reason: NameError) {
        #expect(throws: reason) { try RecordDomain(text) }
    }
}
