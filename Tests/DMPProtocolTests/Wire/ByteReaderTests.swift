import Testing

@testable import DMPProtocol

@Suite("Reading and writing bytes")
struct ByteReaderTests {
    @Test("Integers are big-endian, from any start of the slice")
    func integers() throws {
        var writer = ByteWriter()
        writer.writeInteger(UInt8(1))
        writer.writeInteger(UInt16(0x0203))
        writer.writeInteger(UInt32(0x0405_0607))
        writer.writeInteger(UInt64.max)
        writer.write([9])
        #expect(writer.bytes == [1, 2, 3, 4, 5, 6, 7] + [UInt8](repeating: 255, count: 8) + [9])

        var reader = ByteReader(([0, 0] + writer.bytes)[2...])
        #expect(try reader.readInteger(UInt8.self) == 1)
        #expect(try reader.readInteger(UInt16.self) == 0x0203)
        #expect(try reader.readInteger(UInt32.self) == 0x0405_0607)
        #expect(try reader.readInteger(UInt64.self) == .max)
        #expect(throws: WireError.trailingBytes(1)) { try reader.expectEnd() }
        #expect(try reader.read(1) == [9])
        try reader.expectEnd()
    }

    @Test("No more can be read than there is")
    func truncation() {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: WireError.truncated) { try reader.readInteger(UInt32.self) }
        #expect(throws: WireError.truncated) { try reader.read(4) }
        #expect(throws: WireError.truncated) { try reader.read(-1) }
        #expect(reader.remaining == 3)
    }
}
