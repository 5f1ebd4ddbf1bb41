import DMPTesting
import Testing

@testable import ErasureCoding

@Suite("Bit planes of a block")
struct BitPlanesTests {
    @Test("A block that is taken apart and put together is the same")
    func roundTrip() {
        var random = SeededRandom(seed: 1)
        let block = random.bytes(128)
        var blocks = [UInt8](repeating: 9, count: 3 * 128)
        var span = blocks.mutableSpan
        BitPlanes(block.span).store(into: &span, at: 128)
        #expect(Array(blocks[128..<256]) == block)
        #expect(blocks[..<128].allSatisfy { $0 == 9 } && blocks[256...].allSatisfy { $0 == 9 })
    }

    @Test("Adding a product changes every byte as the field says")
    func products() {
        var random = SeededRandom(seed: 1)
        let (start, block) = (random.bytes(128), random.bytes(128))
        let sums = BitPlanes(block.span).sums
        for constant in UInt8.min...UInt8.max {
            var planes = BitPlanes(start.span)
            planes.add(sums.span, times: GF256.bitMatrices[Int(constant)])
            var result = [UInt8](repeating: 0, count: 128)
            var span = result.mutableSpan
            planes.store(into: &span, at: 0)
            #expect(result == zip(start, block).map { $0 ^ GF256.product(constant, $1) }, "constant \(constant)")
        }
    }
}
