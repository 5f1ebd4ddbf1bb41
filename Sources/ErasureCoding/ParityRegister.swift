/// The remainder of a polynomial modulo the generator g of the Reed–Solomon code, in the course of the division.
///
/// 32 bytes, held as four words; the first byte of the first word is the coefficient of x³¹.
struct ParityRegister: Sendable, Equatable {
    private var words: SIMD4<UInt64> = .zero

    /// How many bytes are taken in at once. With eight, the tables would fill the processor's nearest cache twice.
    private static let stride = 4

    /// Entry 256 · i + f is what the byte f adds when it leaves the register as the one with this number of four:
    /// f · x^(32 + 3 − i) modulo g.
    private static let feedback: [SIMD4<UInt64>] = {
        var tables: [[ParityRegister]] = [
            (UInt8.min...UInt8.max).map { factor in
                ParityRegister(generator.map { GF256.product(factor, $0) })
            }
        ]
        for _ in 1..<stride {
            tables.append(tables[tables.count - 1].map { $0.shifted(by: tables[0]) })
        }
        return tables.reversed().joined().map(\.words)
    }()

    /// g(x) = (x + α⁰) · … · (x + α³¹) without its leading 1, highest power first.
    static let generator: [UInt8] = {
        var product: [UInt8] = [1]
        for exponent in 0..<ReedSolomon.parityByteCount {
            let root = GF256.power(exponent)
            product = zip(product + [0], [0] + product).map { $0 ^ GF256.product(root, $1) }
        }
        return Array(product.dropFirst())
    }()

    init() {}

    /// Takes 32 bytes as they are; the caller has made sure of their number.
    init(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// Takes 32 bytes as they are; the caller has made sure of their number.
    init(_ bytes: Span<UInt8>) {
        precondition(bytes.count == ReedSolomon.parityByteCount)
        for index in 0..<4 {
            self.words[index] =
                UInt64(Self.word(bytes, at: 8 * index)) << 32 | UInt64(Self.word(bytes, at: 8 * index + 4))
        }
    }

    /// The remainder of a block of 128 bytes as a polynomial, highest power first.
    init(remainderOf block: Span<UInt8>) {
        // With both counts known, no access below needs a check.
        precondition(block.count == ReedSolomon.dataByteCount)
        let table = Self.feedback
        precondition(table.count == 256 * Self.stride)
        let feedback = table.span
        var division = Division()
        for start in Swift.stride(from: 0, to: ReedSolomon.dataByteCount, by: Self.stride) {
            division.step(Self.word(block, at: start), feedback)
        }
        self.words = division.words
    }

    /// The remainders of two blocks of 128 bytes, worked out in step: while one waits for the tables, the other goes on.
    static func remainders(of first: Span<UInt8>, _ second: Span<UInt8>) -> (ParityRegister, ParityRegister) {
        precondition(first.count == ReedSolomon.dataByteCount && second.count == ReedSolomon.dataByteCount)
        let table = Self.feedback
        precondition(table.count == 256 * Self.stride)
        let feedback = table.span
        var (division, other) = (Division(), Division())
        for start in Swift.stride(from: 0, to: ReedSolomon.dataByteCount, by: Self.stride) {
            division.step(Self.word(first, at: start), feedback)
            other.step(Self.word(second, at: start), feedback)
        }
        var remainders = (ParityRegister(), ParityRegister())
        (remainders.0.words, remainders.1.words) = (division.words, other.words)
        return remainders
    }

    /// The four words in the course of a division. Each step waits for the one before, so they are shifted apart from
    /// each other and the tables' sum.
    private struct Division {
        private var first: UInt64 = 0
        private var second: UInt64 = 0
        private var third: UInt64 = 0
        private var fourth: UInt64 = 0

        var words: SIMD4<UInt64> { SIMD4(self.first, self.second, self.third, self.fourth) }

        @inline(__always)
        mutating func step(_ word: UInt32, _ feedback: Span<SIMD4<UInt64>>) {
            let leaving = UInt32(truncatingIfNeeded: self.first >> 32) ^ word
            let high = feedback[Int(leaving >> 24)] ^ feedback[Int(256 | leaving >> 16 & 255)]
            let low = feedback[Int(512 | leaving >> 8 & 255)] ^ feedback[Int(768 | leaving & 255)]
            let sum = high ^ low
            self.first = (self.first << 32 | self.second >> 32) ^ sum[0]
            self.second = (self.second << 32 | self.third >> 32) ^ sum[1]
            self.third = (self.third << 32 | self.fourth >> 32) ^ sum[2]
            self.fourth = (self.fourth << 32) ^ sum[3]
        }
    }

    func append(to output: inout [UInt8]) {
        output.append(addingCapacity: ReedSolomon.parityByteCount) { parity in
            for index in 0..<4 {
                for byte in 0..<8 {
                    parity.append(UInt8(truncatingIfNeeded: self.words[index] >> UInt64(56 - 8 * byte)))
                }
            }
        }
    }

    static func - (left: Self, right: Self) -> Self {
        var difference = left
        difference.words ^= right.words
        return difference
    }

    /// The register after one more byte, which is 0, by the table for single bytes.
    private func shifted(by table: [ParityRegister]) -> ParityRegister {
        let row = table[Int(self.words[0] >> 56)].words
        var shifted = self
        for index in 0..<4 {
            let next = index < 3 ? self.words[index + 1] >> 56 : 0
            shifted.words[index] = (self.words[index] << 8 | next) ^ row[index]
        }
        return shifted
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at start: Int) -> UInt32 {
        UInt32(bytes[start]) << 24 | UInt32(bytes[start + 1]) << 16 | UInt32(bytes[start + 2]) << 8
            | UInt32(bytes[start + 3])
    }
}
