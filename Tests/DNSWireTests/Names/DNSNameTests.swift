import DMPTesting
import DNSWire
import Testing

@Suite("DNS names")
struct DNSNameTests {
    @Test(
        "A text is read label by label",
        arguments: [
            ("a", "0161 00"),
            ("www.Example.org", "03777777 074578616d706c65 036f7267 00"),
            ("www.example.org.", "03777777 076578616d706c65 036f7267 00"),
            (".", "00"),
            (#"a\.b.c"#, "03612e62 0163 00"),
            (#"\065\092\\"#, "03415c5c 00"),
            (#"\000\255"#, "0200ff 00"),
            (#"\a"#, "0161 00"),
            ("_dmarc.-x-", "065f646d617263 032d782d 00"),
        ] as [(String, Hex)]
    )
    func read(_ text: String, wireForm: Hex) throws {
        #expect(try DNSName(text).wireForm == wireForm.bytes)
    }

    @Test(
        "A text that is no name is refused for its own reason",
        arguments: [
            ("", .emptyName),
            ("..", .emptyLabel(at: 0)),
            (".a", .emptyLabel(at: 0)),
            ("a..b", .emptyLabel(at: 2)),
            ("a..", .emptyLabel(at: 2)),
            (String(repeating: "a", count: 64), .labelTooLong(at: 63)),
            (String(repeating: "abcdefg.", count: 32), .nameTooLong),
            (#"a\"#, .badEscape(at: 1)),
            (#"a\25"#, .badEscape(at: 1)),
            (#"\256"#, .badEscape(at: 0)),
            (#"\1a1"#, .badEscape(at: 0)),
            ("\\\u{e9}", .badEscape(at: 0)),
            ("a b", .unprintable(at: 1)),
            ("b\u{fc}cher.example", .unprintable(at: 1)),
            ("a\n", .unprintable(at: 1)),
        ] as [(String, DNSNameError)]
    )
    func refusal(_ text: String, reason: DNSNameError) {
        #expect(throws: reason) { try DNSName(text) }
        #expect(!reason.description.isEmpty)
    }

    @Test("63 bytes per label and 255 bytes in all are allowed, and no more")
    func longest() throws {
        let label = String(repeating: "x", count: 63)
        let longest = [label, label, label, String(repeating: "y", count: 61)].joined(separator: ".")
        let name = try DNSName(longest)
        #expect(name.wireForm.count == 255)
        #expect(try DNSName(longest + ".") == name)
        #expect(name.description == longest)
        #expect(throws: DNSNameError.nameTooLong) { try DNSName(longest + "y") }
        #expect(throws: DNSNameError.nameTooLong) { try DNSName(longest + ".y") }
    }

    @Test("A list of labels has the same bounds as a text")
    func listOfLabels() throws {
        #expect(try DNSName(labels: [Array("a".utf8), Array("b".utf8)]) == DNSName("a.b"))
        #expect(try DNSName(labels: [] as [[UInt8]]) == .root)
        #expect(throws: DNSNameError.emptyLabel(at: 2)) { try DNSName(labels: [[1], []]) }
        #expect(throws: DNSNameError.labelTooLong(at: 0)) { try DNSName(labels: [[UInt8](repeating: 1, count: 64)]) }
        #expect(throws: DNSNameError.labelTooLong(at: 0)) { try DNSName(labels: [[UInt8](repeating: 1, count: 256)]) }
        let labels = Array(repeating: [UInt8](repeating: 1, count: 63), count: 4)
        #expect(throws: DNSNameError.nameTooLong) { try DNSName(labels: labels) }
    }

    @Test("Names are equal and hash alike whatever their letter case, and nothing else is folded")
    func equality() throws {
        let name = try DNSName("Slot-3.MB-ab12.Mesh.example")
        let other = try DNSName("slot-3.mb-AB12.mesh.EXAMPLE")
        #expect(name == other)
        #expect(Set([name, other]).count == 1)
        #expect(!name.exactlyEquals(other))
        #expect(name.exactlyEquals(try DNSName("Slot-3.MB-ab12.Mesh.example.")))
        #expect(name.lowercased().description == "slot-3.mb-ab12.mesh.example")
        #expect(try DNSName("a@b") != DNSName("a`b"))
        #expect(try DNSName("a[") != DNSName("a{"))
        #expect(try DNSName("ab.c") != DNSName("a.bc"))
        #expect(try DNSName("ab") != DNSName("ac"))
    }

    @Test("A name is a subdomain label by label")
    func subdomain() throws {
        let zone = try DNSName("Example.org")
        #expect(try DNSName("example.ORG").isSubdomain(of: zone))
        #expect(try DNSName("a.b.example.org").isSubdomain(of: zone))
        #expect(try !DNSName("badexample.org").isSubdomain(of: zone))
        #expect(try !DNSName("org").isSubdomain(of: zone))
        #expect(try !DNSName("example.com").isSubdomain(of: zone))
        #expect(zone.isSubdomain(of: .root))
        #expect(!DNSName.root.isSubdomain(of: zone))
        // The wire form of the longer name ends like that of the shorter one, but not at a label.
        #expect(try !DNSName(labels: [[1, 97]]).isSubdomain(of: DNSName("a")))
    }

    @Test("Labels, parent and prepending fit together")
    func labels() throws {
        let name = try DNSName("a.bc.def")
        #expect(name.labels.map { String(decoding: $0, as: UTF8.self) } == ["a", "bc", "def"])
        #expect(name.labelCount == 3)
        #expect(try name.parent == DNSName("bc.def"))
        #expect(try DNSName("def").parent == .root)
        #expect(DNSName.root.parent == nil)
        #expect(DNSName.root.labels.isEmpty)
        #expect(try DNSName("bc.def").prepending("a".utf8) == name)
        #expect(throws: DNSNameError.emptyLabel(at: 0)) { try name.prepending([]) }
        #expect(throws: DNSNameError.labelTooLong(at: 0)) { try name.prepending([UInt8](repeating: 97, count: 64)) }
        let long = try DNSName(labels: Array(repeating: [UInt8](repeating: 97, count: 63), count: 3))
        #expect(throws: DNSNameError.nameTooLong) { try long.prepending([UInt8](repeating: 97, count: 62)) }
        #expect(try long.prepending([UInt8](repeating: 97, count: 61)).wireForm.count == 255)
    }

    @Test("Mixed case is the same name in a spelling that changes")
    func mixedCase() throws {
        var random = SeededRandom(seed: 7)
        let name = try DNSName("chunk-0000-abcdefghijklmnopqrstuvwxyz.mesh-[1].example")
        let spellings = (0..<20).map { _ in name.randomizingCase(using: &random) }
        #expect(spellings.allSatisfy { $0 == name })
        #expect(Set(spellings.map(\.description)).count == 20)
        #expect(spellings.allSatisfy { $0.lowercased().exactlyEquals(name) })
        #expect(DNSName.root.randomizingCase(using: &random) == .root)
    }

    @Test("A name is read from its own text", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let name = DNSName.sample(using: &random)
        #expect(try DNSName(name.description).exactlyEquals(name), "seed \(seed)")
        #expect(try DNSName(labels: name.labels).exactlyEquals(name), "seed \(seed)")
    }
}
