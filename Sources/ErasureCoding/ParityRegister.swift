/// The remainder of a polynomial modulo the generator g of the Reed–Solomon code, in the course of the division.
///
/// 32 bytes, held as four words; the first byte of the first word is the coefficient of x³¹.
struct ParityRegister: Sendable {
    private var words: InlineArray<4, UInt64> = [0, 0, 0, 0]

    /// Entry f is f · (g(x) + x³²): what to add when the byte f leaves the register.
    private static let feedback: [Self] = (UInt8.min...UInt8.max).map { factor in
        Self(generator.map { GF256.product(factor, $0) })
    }

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

    private init(_ bytes: [UInt8]) {
        for (index, byte) in bytes.enumerated() {
            self.words[index / 8] |= UInt64(byte) << UInt64(56 - 8 * (index % 8))
        }
    }

    /// Takes in the bytes of a polynomial, highest power first.
    mutating func divide(_ bytes: Span<UInt8>) {
        let feedback = Self.feedback
        var words = self.words
        for index in bytes.indices {
            let factor = UInt8(truncatingIfNeeded: words[0] >> 56) ^ bytes[index]
            let row = feedback[Int(factor)]
            for word in 0..<3 {
                words[word] = (words[word] << 8 | words[word + 1] >> 56) ^ row.words[word]
            }
            words[3] = words[3] << 8 ^ row.words[3]
        }
        self.words = words
    }

    func append(to output: inout [UInt8]) {
        for index in 0..<4 {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: self.words[index] >> shift))
            }
        }
    }
}
