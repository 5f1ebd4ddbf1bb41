/// 128 bytes, as one wide word. Sums are xors of whole words, so that no byte is looked at alone.
typealias Block = SIMD16<UInt64>

extension Block {
    static let byteCount = 128

    /// - Parameter bytes: 128 bytes, which the caller has made sure of.
    init(_ bytes: Span<UInt8>) {
        precondition(bytes.count == Self.byteCount)
        // Put together by halves: written word by word into memory, it couldn't be read as a whole at once.
        self.init(
            lowHalf: SIMD8(lowHalf: Self.words(bytes, at: 0), highHalf: Self.words(bytes, at: 32)),
            highHalf: SIMD8(lowHalf: Self.words(bytes, at: 64), highHalf: Self.words(bytes, at: 96))
        )
    }

    @inline(__always)
    private static func words(_ bytes: Span<UInt8>, at start: Int) -> SIMD4<UInt64> {
        SIMD4(
            lowHalf: SIMD2(Self.word(bytes, at: start), Self.word(bytes, at: start + 8)),
            highHalf: SIMD2(Self.word(bytes, at: start + 16), Self.word(bytes, at: start + 24))
        )
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt64 {
        let low =
            UInt64(bytes[start]) | UInt64(bytes[start + 1]) << 8 | UInt64(bytes[start + 2]) << 16
            | UInt64(bytes[start + 3]) << 24
        let high =
            UInt64(bytes[start + 4]) | UInt64(bytes[start + 5]) << 8 | UInt64(bytes[start + 6]) << 16
            | UInt64(bytes[start + 7]) << 24
        return low | high << 32
    }

    /// Writes the 128 bytes at `offset`.
    func store(into bytes: inout MutableSpan<UInt8>, at offset: Int) {
        for index in 0..<16 {
            let word = self[index]
            for byte in 0..<8 {
                bytes[offset + 8 * index + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))
            }
        }
    }

    /// Every byte times α in GF(256).
    @inline(__always)
    var doubled: Block {
        let high = self & Block(repeating: 0x8080_8080_8080_8080)
        let carried = (high &- (high &>> Block(repeating: 7))) | high  // 0xff where the top bit was set
        return (self &<< Block(repeating: 1)) & Block(repeating: 0xfefe_fefe_fefe_fefe)
            ^ carried & Block(repeating: 0x1d1d_1d1d_1d1d_1d1d)
    }
}

/// The products of some blocks with 16 low and 16 high halves of a byte: the product with any byte is the sum of two.
struct BlockMultiples {
    private static let entriesPerBlock = 32

    private var entries: [Block]

    init(blockCount: Int) {
        self.entries = Array(repeating: .zero, count: Self.entriesPerBlock * blockCount)
    }

    /// Makes entry i of the block i times the block, and entry 16 + i 16 · i times the block, for i in 0..<16.
    mutating func replace(_ index: Int, by block: Block) {
        var power = block
        for half in 0..<2 {
            let base = Self.entriesPerBlock * index + 16 * half
            for bit in 0..<4 {
                for entry in 0..<1 << bit {
                    self.entries[base + (1 << bit | entry)] = self.entries[base + entry] ^ power
                }
                power = power.doubled
            }
        }
    }

    /// Adds, for each of the first blocks, the product with its factor to `sum`.
    @inline(__always)
    func addProducts(with factors: Span<UInt8>, to sum: inout Block) {
        var base = 0
        for index in factors.indices {
            let factor = Int(factors[index])
            sum ^= self.entries[base | factor & 15] ^ self.entries[base | 16 | factor >> 4]
            base += Self.entriesPerBlock
        }
    }
}
