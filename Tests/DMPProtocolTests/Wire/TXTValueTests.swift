import Testing

@testable import DMPProtocol

@Suite("TXT values")
struct TXTValueTests {
    @Test("A value is its bytes, whatever they are")
    func bytes() {
        #expect(TXTValue("aé").bytes == [0x61, 0xc3, 0xa9])
        #expect(TXTValue("aé").byteCount == 3)
        #expect(TXTValue([0x61, 0xff]).text == "a\u{fffd}")
        #expect(TXTValue([0x61]) == TXTValue("a"))
    }

    @Test("A prefix counts only as a whole and in its case")
    func prefix() {
        for text in ["", "v=dmp1;t=chunk;d", "V=dmp1;t=chunk;d=", " v=dmp1;t=chunk;d=", "v=dmp1;t=chunk;D="] {
            #expect(throws: WireError.notThisKind) {
                try TXTValue(text).decode(after: ChunkWire.prefix, maximumByteCount: 9)
            }
        }
        #expect(throws: WireError.base64) { try TXTValue("ab*").decode(after: "ab", maximumByteCount: 9) }
        #expect(throws: WireError.wireTooLong(18)) {
            try TXTValue("abAAAABBBBCCCCDDDD").decode(after: "ab", maximumByteCount: 9)
        }
        #expect(throws: Never.self) { try TXTValue("abAAAABBBBCCCC").decode(after: "ab", maximumByteCount: 9) }
    }
}
