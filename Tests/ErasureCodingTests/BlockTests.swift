import DMPTesting
import Testing

@testable import ErasureCoding

@Suite("Blocks as wide words")
struct BlockTests {
    @Test("A block that is read and stored is the same, and nothing beside it changes")
    func roundTrip() {
        var random = SeededRandom(seed: 1)
        let block = random.bytes(128)
        var blocks = [UInt8](repeating: 9, count: 3 * 128)
        var span = blocks.mutableSpan
        Block(block.span).store(into: &span, at: 128)
        #expect(Array(blocks[128..<256]) == block)
        #expect(blocks[..<128].allSatisfy { $0 == 9 } && blocks[256...].allSatisfy { $0 == 9 })
    }

    @Test("Doubling doubles every byte as the field says")
    func doubled() {
        for start in [0, 128] {
            let block = (start..<start + 128).map { UInt8($0) }
            #expect(Self.bytes(Block(block.span).doubled) == block.map { GF256.product(2, $0) })
        }
    }

    @Test("Adding products of several blocks changes every byte as the field says")
    func products() {
        var random = SeededRandom(seed: 1)
        let (start, first, second) = (random.bytes(128), random.bytes(128), random.bytes(128))
        var multiples = BlockMultiples(blockCount: 3)
        multiples.append(Block(second.span))
        multiples.removeAll()  // nothing of it may stay
        multiples.append(Block(first.span))
        multiples.append(Block(second.span))
        for constant in UInt8.min...UInt8.max {
            let other = random.bytes(1)[0]
            for factors in [[constant], [constant, other]] {
                var sum = Block(start.span)
                multiples.addProducts(with: factors.span, to: &sum)
                var expected = zip(start, first).map { $0 ^ GF256.product(constant, $1) }
                if factors.count == 2 { expected = zip(expected, second).map { $0 ^ GF256.product(other, $1) } }
                #expect(Self.bytes(sum) == expected, "factors \(factors)")
            }
        }
    }

    @Test("The product of differences to known points is that of the factors one by one, with any shares missing")
    func pointProducts() {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for round in 0..<60 {
            let k = Int.random(in: 1...(round % 3 == 0 ? 256 : 40), using: &random)
            let known = round == 0 ? Array(0..<256) : Array((0..<256).shuffled(using: &random).prefix(k)).sorted()
            let products = PointProducts(over: known)
            for share in 0..<256 {
                let x = ErasureCode.point(ofShare: share)
                let factors = known.filter { $0 != share }.map { x ^ ErasureCode.point(ofShare: $0) }
                let product = factors.reduce(1) { GF256.product($0, $1) }
                #expect(GF256.power(products.logarithm(at: share)) == product, "seed \(seed), round \(round)")
            }
        }
    }

    private static func bytes(_ block: Block) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 128)
        var span = bytes.mutableSpan
        block.store(into: &span, at: 0)
        return bytes
    }
}
