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

    /// Takes in a block of 128 bytes as a polynomial, highest power first.
    mutating func divide(_ block: Span<UInt8>) {
        // With both counts known, no access below needs a check.
        precondition(block.count == ReedSolomon.dataByteCount)
        let table = Self.feedback
        let feedback = table.span
        precondition(feedback.count == 256 * Self.stride)
        // Each step waits for the one before, so the words are shifted apart from each other and the tables' sum.
        var (first, second, third, fourth) = (self.words[0], self.words[1], self.words[2], self.words[3])
        for index in 0..<ReedSolomon.dataByteCount / Self.stride {
            let leaving = UInt32(truncatingIfNeeded: first >> 32) ^ Self.word(block, at: Self.stride * index)
            let high = feedback[Int(leaving >> 24)] ^ feedback[Int(256 | leaving >> 16 & 255)]
            let low = feedback[Int(512 | leaving >> 8 & 255)] ^ feedback[Int(768 | leaving & 255)]
            let sum = high ^ low
            first = (first << 32 | second >> 32) ^ sum[0]
            second = (second << 32 | third >> 32) ^ sum[1]
            third = (third << 32 | fourth >> 32) ^ sum[2]
            fourth = (fourth << 32) ^ sum[3]
        }
        self.words = SIMD4(first, second, third, fourth)
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
