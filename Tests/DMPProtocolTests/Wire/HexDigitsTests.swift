import Testing

@testable import DMPProtocol

@Suite("Hexadecimal digits of others")
struct HexDigitsTests {
    @Test(
        "Pairs of digits in either case are read, with white space around pairs but not inside",
        arguments: [
            ("", []), ("0fF0", [0x0f, 0xf0]), (" 0f \t\nf0\u{b}\u{c}\r", [0x0f, 0xf0]), ("0", nil), ("0 f", nil),
            ("0g", nil), ("0x0f", nil), ("\u{1c}0f", nil), ("０f", nil),
        ] as [(String, [UInt8]?)]
    )
    func reading(text: String, bytes: [UInt8]?) {
        #expect(HexDigits.bytes(text.utf8) == bytes)
    }
}
