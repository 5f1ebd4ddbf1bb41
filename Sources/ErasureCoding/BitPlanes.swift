/// A block of 128 bytes, taken apart by the weight of its bits.
///
/// Plane i holds bit i of every byte, in an order that only ``init(_:)`` and ``store(into:at:)`` know. A product with
/// a constant of GF(256) is then a handful of xors of whole planes, instead of 128 look-ups.
struct BitPlanes: Sendable {
    typealias Plane = SIMD2<UInt64>

    static let blockByteCount = 128
    private static let planeByteCount = 16

    private(set) var planes: InlineArray<8, Plane>

    /// The block of 128 zero bytes.
    init() {
        self.planes = InlineArray(repeating: .zero)
    }

    /// - Parameter block: 128 bytes, which the caller has made sure of.
    init(_ block: Span<UInt8>) {
        precondition(block.count == Self.blockByteCount)
        self.planes = InlineArray { index in
            let start = Self.planeByteCount * index
            return Plane(Self.word(block, at: start), Self.word(block, at: start + 8))
        }
        self.transpose()
    }

    /// Writes the 128 bytes of the block at `offset`.
    consuming func store(into bytes: inout MutableSpan<UInt8>, at offset: Int) {
        self.transpose()
        for index in 0..<8 {
            let plane = self.planes[index]
            let start = offset + Self.planeByteCount * index
            for byte in 0..<8 {
                bytes[start + byte] = UInt8(truncatingIfNeeded: plane.x >> UInt64(8 * byte))
                bytes[start + 8 + byte] = UInt8(truncatingIfNeeded: plane.y >> UInt64(8 * byte))
            }
        }
    }

    /// Adds the product of a block, given as its ``sums``, and a constant, given as an entry of ``GF256/bitMatrices``.
    mutating func add(_ block: Span<Plane>, times matrix: UInt64) {
        precondition(block.count == 32)
        for index in 0..<8 {
            let row = matrix >> UInt64(8 * index)
            self.planes[index] ^= block[Int(row & 15)] ^ block[Int(row >> 4 & 15 | 16)]
        }
    }

    /// All sums of the lower four planes, then all sums of the upper four: bit i of the index within its half says
    /// whether plane i, or 4 + i, is part of the sum.
    var sums: InlineArray<32, Plane> {
        var sums = InlineArray<32, Plane>(repeating: .zero)
        for bit in 0..<4 {
            let (low, high) = (self.planes[bit], self.planes[4 + bit])
            for index in 0..<1 << bit {
                sums[1 << bit | index] = sums[index] ^ low
                sums[16 | 1 << bit | index] = sums[16 | index] ^ high
            }
        }
        return sums
    }

    private static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 {
            word |= UInt64(bytes[start + index]) << UInt64(8 * index)
        }
        return word
    }

    /// Swaps bit j of vector i with bit i of vector j in every byte lane; doing it twice changes nothing.
    private mutating func transpose() {
        self.exchange(distance: 1, mask: 0x5555_5555_5555_5555)
        self.exchange(distance: 2, mask: 0x3333_3333_3333_3333)
        self.exchange(distance: 4, mask: 0x0f0f_0f0f_0f0f_0f0f)
    }

    @inline(__always)
    private mutating func exchange(distance: Int, mask: UInt64) {
        let shift = Plane(repeating: UInt64(distance))
        let mask = Plane(repeating: mask)
        for index in 0..<8 where index & distance == 0 {
            let moved = (self.planes[index] &>> shift ^ self.planes[index + distance]) & mask
            self.planes[index + distance] ^= moved
            self.planes[index] ^= moved &<< shift
        }
    }
}
