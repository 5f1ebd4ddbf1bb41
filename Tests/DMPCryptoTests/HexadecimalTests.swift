import DMPCrypto
import Testing

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test("Bytes become lower-case digits, and digits of either case become bytes")
    func roundTrip() {
        let all = (0...255).map { UInt8($0) }
        let text = Hexadecimal.encode(all)
        #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
        #expect(text.hasSuffix("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
        #expect(Hexadecimal.decode(text) == all)
        #expect(Hexadecimal.decode(text.uppercased()) == all)
        #expect(Hexadecimal.decode("") == [])
        #expect(Hexadecimal.encode([]) == "")
    }

    @Test("Other texts are refused", arguments: ["0", "0g", "g0", " 00", "00\n", "0x00", "/0", ":0", "@0", "`0", "é"])
    func refusal(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }
}
