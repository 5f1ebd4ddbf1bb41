import DMPTesting
import Testing

@Suite("Repeatable randomness")
struct SeededRandomTests {
    @Test("One seed gives one sequence, by the published first value of SplitMix64")
    func sequence() {
        var first = SeededRandom(seed: 0)
        var second = SeededRandom(seed: 0)
        let value = first.next()
        #expect(value == 0xe220_a839_7b1d_cdaf)
        #expect(second.next() == value)
        #expect(first.bytes(5) == second.bytes(5))
    }

    @Test("Damage differs from the original nearly always, and is the same for the same seed", arguments: 1...20)
    func mutation(seed: UInt64) {
        let original = [UInt8](0..<32)
        var (first, second) = (SeededRandom(seed: seed), SeededRandom(seed: seed))
        let damaged = original.mutated(using: &first)
        #expect(damaged == original.mutated(using: &second))
        #expect(damaged.count <= original.count + 4 * 8)
    }

    @Test(
        "Hexadecimal text is read in either case, and refused if it is cut",
        arguments: [("00fF a1", [0x00, 0xff, 0xa1]), ("", []), ("0", nil), ("0g", nil)] as [(String, [UInt8]?)]
    )
    func hex(text: String, bytes: [UInt8]?) {
        #expect(Hex(text)?.bytes == bytes)
        if let bytes { #expect(bytes.hex == text.lowercased().filter { $0 != " " }) }
    }
}
