import DMPTesting
import DNSWire
import Testing

@Suite("DNS name compression")
struct DNSWriterTests {
    @Test("The longest tail that was written before becomes a pointer")
    func compression() throws {
        var writer = DNSWriter()
        for text in ["F.ISI.ARPA", "FOO.F.ISI.ARPA", "ARPA", ".", "F.ISI.ARPA"] {
            writer.write(try DNSName(text))
        }
        let expected: Hex = "01460349534904415250410003464f4fc000c00600c000"
        #expect(writer.bytes == expected.bytes)
    }

    @Test("Another spelling is written out, so that every name comes back as it was")
    func spelling() throws {
        var writer = DNSWriter()
        writer.write(try DNSName("a.ORG"))
        writer.write(try DNSName("b.org"))
        let expected: Hex = "0161034f524700 0162036f726700"
        #expect(writer.bytes == expected.bytes)
    }

    @Test("A name that repeats a label doesn't point into itself")
    func repetition() throws {
        var writer = DNSWriter()
        writer.write(try DNSName("a.a.a"))
        writer.write(try DNSName("a.a"))
        let expected: Hex = "0161 0161 0161 00 c002"
        #expect(writer.bytes == expected.bytes)
    }

    @Test("What lies beyond 16,383 bytes can't be pointed to")
    func farNames() throws {
        var writer = DNSWriter()
        writer.write([UInt8](repeating: 0, count: 0x3fff))
        writer.write(try DNSName("b.a"))
        writer.write(try DNSName("b.a"))
        writer.write(try DNSName("a"))
        #expect(writer.bytes[0x3fff...].hex == "0162016100" + "ffff" + "016100")
    }
}
