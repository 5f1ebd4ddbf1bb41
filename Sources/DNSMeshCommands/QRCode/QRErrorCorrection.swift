/// Reed-Solomon bytes over GF(256) with the polynomial x⁸ + x⁴ + x³ + x² + 1, whose roots are powers of 2 from 2⁰ on.
enum QRErrorCorrection {
    static let blockCount = 2
    static let parityCount = 18

    /// Data in two blocks, a byte of each in turn; then the error correction bytes of both, likewise.
    static func interleaved(_ data: [UInt8]) -> [UInt8] {
        let length = data.count / self.blockCount
        let blocks = (0..<self.blockCount).map { Array(data[($0 * length)..<($0 * length + length)]) }
        let parities = blocks.map { self.parity(of: $0) }
        return self.inTurn(blocks) + self.inTurn(parities)
    }

    /// The remainder of the data times x¹⁸ by the generator.
    static func parity(of data: [UInt8]) -> [UInt8] {
        let generator = self.generator
        var remainder = [UInt8](repeating: 0, count: self.parityCount)
        for byte in data {
            let factor = byte ^ remainder[0]
            remainder = Array(remainder.dropFirst()) + [0]
            for index in remainder.indices { remainder[index] ^= self.product(generator[index], factor) }
        }
        return remainder
    }

    /// The coefficients of the product of all (x - 2ⁱ), without the leading 1.
    private static let generator: [UInt8] = {
        var coefficients = [UInt8](repeating: 0, count: parityCount)
        coefficients[parityCount - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<parityCount {
            for index in coefficients.indices {
                coefficients[index] = product(coefficients[index], root)
                if index + 1 < parityCount { coefficients[index] ^= coefficients[index + 1] }
            }
            root = product(root, 2)
        }
        return coefficients
    }()

    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var result: UInt8 = 0
        for shift in (0..<8).reversed() {
            let overflow = result & 0x80 != 0
            result <<= 1
            if overflow { result ^= 0x1d }
            if right >> UInt8(shift) & 1 == 1 { result ^= left }
        }
        return result
    }

    private static func inTurn(_ blocks: [[UInt8]]) -> [UInt8] {
        let length = blocks.first?.count ?? 0
        return (0..<length).flatMap { index in blocks.map { $0[index] } }
    }
}
