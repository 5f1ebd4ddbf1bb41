import DMPTesting
import DNSWire
import Testing

@Suite("DNS names on the wire")
struct DNSReaderTests {
    @Test(
        "A hostile name is refused for its own reason",
        arguments: [
            ("pointer to itself", "c000", .pointerNotBackward(at: 0)),
            ("pointer forward", "c002 0161 00", .pointerNotBackward(at: 0)),
            ("loop of two", "0161 c000", .pointerNotBackward(at: 2)),
            ("label past the end", "0561", .truncated(at: 1)),
            ("no end", "0161", .truncated(at: 2)),
            ("nothing", "", .truncated(at: 0)),
            ("half a pointer", "c0", .truncated(at: 1)),
            ("extended label type", "41 0000", .reservedLabel(at: 0)),
            ("unassigned label type", "80 0000", .reservedLabel(at: 0)),
        ] as [(String, Hex, DNSDecodeError)]
    )
    func refusal(_ what: String, message: Hex, reason: DNSDecodeError) {
        var reader = DNSReader(message.bytes[...])
        #expect(throws: reason) { try reader.readName() }
        #expect(!reason.description.isEmpty)
    }

    @Test("A name may be a pointer to part of another, from any place in an array")
    func pointers() throws {
        // RFC 1035, 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root, here from offset 0.
        let example: Hex = "01460349534904415250410003464f4fc000c00600"
        let slice = ([9, 9, 9] + example.bytes + [9])[3...].dropLast()
        var reader = DNSReader(slice)
        #expect(try reader.readName().description == "F.ISI.ARPA")
        #expect(try reader.readName().description == "FOO.F.ISI.ARPA")
        #expect(try reader.readName().description == "ARPA")
        #expect(try reader.readName() == .root)
        #expect(reader.offset == example.bytes.count)
        try reader.expectEnd()
    }

    @Test("A long chain of backward pointers is followed, a name of 256 bytes is not")
    func chains() throws {
        // "a" at 0, then 5,000 pointers, each to the one before it.
        var bytes: [UInt8] = [1, 97, 0, 0xc0, 0]
        for target in stride(from: 3, to: 10_003, by: 2) {
            bytes += [0xc0 | UInt8(target >> 8), UInt8(target & 0xff)]
        }
        var reader = DNSReader(bytes[...])
        _ = try reader.readBytes(bytes.count - 2)
        #expect(try reader.readName().description == "a")

        // Four labels of 63 bytes, each name pointing to the one before: 65, 129, 193 and 257 bytes.
        let label = [63] + [UInt8](repeating: 97, count: 63)
        let names = label + [0] + label + [0xc0, 0] + label + [0xc0, 65] + label + [0xc0, 131]
        reader = DNSReader(names[...])
        for length in [65, 129, 193] { #expect(try reader.readName().wireForm.count == length) }
        #expect(throws: DNSDecodeError.nameTooLong(at: 0)) { try reader.readName() }
    }

    @Test("Integers are big-endian, and reading past the end names the place")
    func integers() throws {
        let bytes: Hex = "01 0203 04050607 08"
        var reader = DNSReader(bytes.bytes[...])
        #expect(try reader.readUInt8() == 1)
        #expect(try reader.readUInt16() == 0x0203)
        #expect(try reader.readUInt32() == 0x0405_0607)
        #expect(reader.remaining == 1)
        #expect(throws: DNSDecodeError.trailingBytes(at: 7)) { try reader.expectEnd() }
        #expect(throws: DNSDecodeError.truncated(at: 7)) { try reader.readUInt16() }
        #expect(throws: DNSDecodeError.truncated(at: 7)) { try reader.readBytes(2) }
        #expect(throws: DNSDecodeError.truncated(at: 7)) { try reader.readBytes(-1) }
        #expect(try reader.readUInt8() == 8)
        #expect(throws: DNSDecodeError.truncated(at: 8)) { try reader.readUInt8() }
    }
}
