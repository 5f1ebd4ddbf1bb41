/// The remainder of a polynomial modulo the generator g of the Reed–Solomon code, in the course of the division.
///
/// 32 bytes, held as eight words; the first byte of the first word is the coefficient of x³¹.
struct ParityRegister: Sendable, Equatable {
    private var words: SIMD8<UInt32> = .zero

    /// How many bytes are taken in at once: those of a word.
    private static let stride = 4

    /// Entry 256 · i + f is what the byte f adds when it leaves the register as the one with this number of four:
    /// f · x^(32 + 3 − i) modulo g.
    private static let feedback: [SIMD8<UInt32>] = {
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
        for index in 0..<8 {
            self.words[index] = Self.word(bytes, at: 4 * index)
        }
    }

    /// Takes in a block of 128 bytes as a polynomial, highest power first.
    mutating func divide(_ block: Span<UInt8>) {
        // With both counts known, no access below needs a check.
        precondition(block.count == ReedSolomon.dataByteCount)
        let table = Self.feedback
        let feedback = table.span
        precondition(feedback.count == 256 * Self.stride)
        var words = self.words
        for index in 0..<ReedSolomon.dataByteCount / Self.stride {
            let leaving = words[0] ^ Self.word(block, at: Self.stride * index)
            let shifted = SIMD8(
                lowHalf: SIMD4(words[1], words[2], words[3], words[4]),
                highHalf: SIMD4(words[5], words[6], words[7], 0)
            )
            let first = feedback[Int(leaving >> 24)] ^ feedback[Int(256 | leaving >> 16 & 255)]
            let second = feedback[Int(512 | leaving >> 8 & 255)] ^ feedback[Int(768 | leaving & 255)]
            words = shifted ^ first ^ second
        }
        self.words = words
    }

    func append(to output: inout [UInt8]) {
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: ReedSolomon.parityByteCount))
        var bytes = output.mutableSpan
        for index in 0..<8 {
            let word = self.words[index]
            for byte in 0..<4 {
                bytes[start + 4 * index + byte] = UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * byte))
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
        let row = table[Int(self.words[0] >> 24)].words
        var shifted = self
        for index in 0..<8 {
            let next = index < 7 ? self.words[index + 1] >> 24 : 0
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
