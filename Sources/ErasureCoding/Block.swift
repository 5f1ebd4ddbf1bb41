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
    var doubled: Block {
        @inline(__always) get {
            let high = self & Block(repeating: 0x8080_8080_8080_8080)
            let carried = (high &- (high &>> Block(repeating: 7))) | high  // 0xff where the top bit was set
            return (self &<< Block(repeating: 1)) & Block(repeating: 0xfefe_fefe_fefe_fefe)
                ^ carried & Block(repeating: 0x1d1d_1d1d_1d1d_1d1d)
        }
    }
}

/// The products of some blocks with 16 low and 16 high halves of a byte: the product with any byte is the sum of two.
struct BlockMultiples {
    private static let entriesPerBlock = 32

    private var entries: [Block] = []

    /// Room for `blockCount` blocks, none of which is held yet. It is not filled in advance: a short message would wait
    /// longer for that than for its parity.
    init(blockCount: Int) {
        self.entries.reserveCapacity(Self.entriesPerBlock * blockCount)
    }

    mutating func removeAll() {
        self.entries.removeAll(keepingCapacity: true)
    }

    /// Makes entry i of the next block i times the block, and entry 16 + i 16 · i times the block, for i in 0..<16.
    mutating func append(_ block: Block) {
        self.entries.append(addingCapacity: Self.entriesPerBlock) { entries in
            var one = block
            for _ in 0..<2 {
                let two = one.doubled
                let (three, four) = (one ^ two, two.doubled)
                let eight = four.doubled
                entries.append(.zero)
                entries.append(one)
                entries.append(two)
                entries.append(three)
                for high in 1..<4 {
                    let rest = high == 1 ? four : high == 2 ? eight : four ^ eight
                    entries.append(rest)
                    entries.append(rest ^ one)
                    entries.append(rest ^ two)
                    entries.append(rest ^ three)
                }
                one = eight.doubled
            }
        }
    }

    /// Adds, for each of the first blocks, the product with its factor to `sum`.
    @inline(__always)
    func addProducts(with factors: Span<UInt8>, to sum: inout Block) {
        let entries = self.entries.span
        var base = 0
        for index in factors.indices {
            let factor = Int(factors[index])
            sum ^= entries[base | factor & 15]
            sum ^= entries[base | 16 | factor >> 4]
            base &+= Self.entriesPerBlock
        }
    }
}
