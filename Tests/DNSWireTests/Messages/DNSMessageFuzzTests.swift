import DMPTesting
import DNSWire
import Testing

@Suite("DNS messages, by chance")
struct DNSMessageFuzzTests {
    @Test("A message that is encoded decodes to itself, names in their spelling", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(offset: UInt64) throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let message = DNSMessage.sample(using: &random)
            let decoded = try DNSMessage(decoding: message.encode()[...])
            #expect(decoded == message, "seed \(seed)")
            #expect(decoded.encode() == message.encode(), "seed \(seed)")
        }
    }

    @Test("A damaged message is refused or decodes to something that encodes", arguments: 0..<20 as Range<UInt64>)
    func mutation(offset: UInt64) throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let bytes = DNSMessage.sample(using: &random).encode().mutated(using: &random)
            guard let message = try? DNSMessage(decoding: bytes[...]) else { continue }
            let encoded = message.encode()
            // Uncompressed names of the input may make the output longer than any message: then TC is all that is left.
            guard encoded.count > 12, !message.isTruncated else { continue }
            let again = try DNSMessage(decoding: encoded[...])
            #expect(again == message || again.isTruncated, "seed \(seed)")
        }
    }

    @Test("Noise is refused without a trap", arguments: 0..<10 as Range<UInt64>)
    func noise(offset: UInt64) {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let bytes = random.bytes(Int.random(in: 0...80, using: &random))
            _ = try? DNSMessage(decoding: bytes[...])
        }
    }

    @Test("Pointers at every place are read in bounded time")
    func pointerBomb() {
        // A name of 127 labels, then as many questions that point to it as fit: each is copied once.
        let name = [UInt8](repeating: 0, count: 254).enumerated().map { UInt8($0.offset % 2 == 0 ? 1 : 97) } + [0]
        var bytes: [UInt8] = [0, 0, 0x80, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1]
        while bytes.count < 65_530 { bytes += [0xc0, 12, 0, 1, 0, 1] }
        #expect(throws: DNSDecodeError.self) { try DNSMessage(decoding: bytes[...]) }
    }
}
