import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Chunks")
struct ChunkWireTests {
    private struct File: Decodable {
        struct Wrapping: Decodable {
            let id: String
            let block: Hex
            let wire: Hex
            let sha256: Hex
            let txt: String
        }

        struct Unwrapping: Decodable {
            let id: String
            let wire: Hex
            let block: Hex?
        }

        struct Text: Decodable {
            let id: String
            let txt: String
            let data: Hex?
        }

        let wrap: [Wrapping]
        let unwrap: [Unwrapping]
        let txt: [Text]
    }

    @Test("Chunks are wrapped, unwrapped and read as in the vectors")
    func chunkVectors() throws {
        let file: File = try Vectors.load("chunk", convertingSnakeCase: true)
        for item in file.wrap {
            let wire = try ChunkWire(wrapping: item.block.bytes[...])
            #expect(wire.bytes == item.wire.bytes, "\(item.id)")
            #expect(wire.hash == item.sha256.bytes, "\(item.id)")
            #expect(wire.value == TXTValue(item.txt), "\(item.id)")
            #expect(wire.unwrapped().map(Array.init) == item.block.bytes, "\(item.id)")
        }
        for count in 0...min(7, file.wrap.count) {
            let wires = try ChunkWire.wrap(file.wrap.prefix(count).flatMap(\.block.bytes)[...])
            #expect(wires.map(\.bytes) == file.wrap.prefix(count).map(\.wire.bytes), "the first \(count) together")
        }
        for item in file.unwrap {
            let block = (try? ChunkWire(item.wire.bytes))?.unwrapped().map(Array.init)
            let refused = LenientForms.refuses("chunk.unwrap", item.id)
            #expect(block == (refused ? nil : item.block?.bytes), "\(item.id)")
        }
        for item in file.txt {
            let wire = try? ChunkWire(parsing: TXTValue(item.txt))
            let refused = LenientForms.refuses("chunk.txt", item.id)
            #expect(wire?.bytes == (refused ? nil : item.data?.bytes), "\(item.id)")
        }
        Vectors.report("chunk", cases: file.wrap.count + file.unwrap.count + file.txt.count)
    }

    @Test("A chunk's text has 241 bytes")
    func textByteCount() throws {
        #expect(ChunkWire.textByteCount == 241)
        #expect(try ChunkWire(wrapping: [UInt8](repeating: 0, count: 128)[...]).value.byteCount == 241)
    }

    @Test("Other lengths are refused")
    func lengths() {
        #expect(throws: WireError.length(127)) { try ChunkWire(wrapping: [UInt8](repeating: 0, count: 127)[...]) }
        for count in [1, 127, 129, 255, 257] {
            #expect(throws: WireError.length(count)) { try ChunkWire.wrap([UInt8](repeating: 0, count: count)[...]) }
        }
        #expect(throws: WireError.length(167)) { try ChunkWire([UInt8](repeating: 0, count: 167)) }
    }

    @Test("A text that reads as a chunk is written the same")
    func canonical() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<2_000 {
            let value = try ChunkWire(random.bytes(168)).value
            let damaged = TXTValue(value.bytes.mutated(using: &random))
            guard let wire = try? ChunkWire(parsing: damaged) else { continue }
            #expect(wire.value == damaged, "seed \(SeededRandom.fuzzSeed)")
        }
    }

    @Test("A chunk with up to 16 wrong bytes and a wrong checksum is made as its sender made it")
    func repair() throws {
        var random = SeededRandom(seed: SeededRandom.fuzzSeed)
        for _ in 0..<200 {
            let wire = try ChunkWire(wrapping: random.bytes(128)[...])
            var bytes = wire.bytes
            for index in 0..<8 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            for index in (8..<168).shuffled(using: &random).prefix(Int.random(in: 0...16, using: &random)) {
                bytes[index] ^= UInt8.random(in: 1...255, using: &random)
            }
            #expect(try ChunkWire(bytes).repaired()?.wire == wire, "seed \(SeededRandom.fuzzSeed)")
        }
    }
}
