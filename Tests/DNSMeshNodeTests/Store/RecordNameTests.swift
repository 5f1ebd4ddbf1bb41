import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("Names of records")
struct RecordNameTests {
    @Test(
        "A name that may be written is kept in lower case",
        arguments: [
            "a", "slot-3.mb-0123456789ab.mesh.test", "_dmp.A.test", "1.2", "_dnsmesh-heartbeat.mesh.test",
            String(repeating: "a", count: 63) + ".test", "_" + String(repeating: "a", count: 62),
            Array(repeating: String(repeating: "a", count: 62), count: 4).joined(separator: ".") + ".x",
        ]
    )
    func good(text: String) {
        #expect(RecordName(text)?.text == text.lowercased())
    }

    @Test(
        "Another name may not",
        arguments: [
            "", ".", "a.", ".a", "a..b", "-a", "a-", "_", "_-a", "a_b", "*.a", "a b", "a/b", "a?x=1", "ä.test",
            "a\u{0}",
            String(repeating: "a", count: 64), "_" + String(repeating: "a", count: 63),
            Array(repeating: String(repeating: "a", count: 62), count: 4).joined(separator: ".") + ".xyz",
        ]
    )
    func bad(text: String) {
        #expect(RecordName(text) == nil)
    }

    @Test("A name that is asked for is looked up in lower case, whatever the rules for writing say")
    func lookingUp() throws {
        #expect(RecordName(lookingUp: try DNSName("A_b.*.Test"))?.text == "a_b.*.test")
        #expect(RecordName(lookingUp: .root) == nil)
        #expect(RecordName(lookingUp: try DNSName("a\\.b.test")) == nil)
        #expect(RecordName(lookingUp: try DNSName("a\\000.test")) == nil)
    }
}
