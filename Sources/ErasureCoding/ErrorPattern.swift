/// The wrong bytes of a word of the Reed–Solomon code: where they are, and what was added to them.
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 3.
struct ErrorPattern {
    private(set) var bytes: [(position: Int, value: UInt8)] = []

    /// Finds the pattern of at most 16 errors that leaves this remainder modulo the generator: 32 bytes, highest power
    /// first, not all zero.
    ///
    /// The result is `nil` if there is none within the 160 positions of a word. A caller must still try what is found.
    init?(explaining remainder: [UInt8]) {
        let syndromes = (0..<ReedSolomon.parityByteCount).map { exponent in
            Polynomial(highestFirst: remainder).value(at: GF256.power(exponent))
        }
        guard let locator = Self.locator(of: syndromes) else { return nil }
        let evaluator = Polynomial(lowestFirst: syndromes).product(with: locator, below: syndromes.count)
        let derivative = locator.derivative
        for position in 0..<ReedSolomon.codewordByteCount {
            let exponent = ReedSolomon.codewordByteCount - 1 - position
            let inverse = GF256.power(GF256.order - exponent)
            guard locator.value(at: inverse) == 0 else { continue }
            // The factor α^exponent is there because the first root of the generator is α⁰.
            let numerator = GF256.product(GF256.power(exponent), evaluator.value(at: inverse))
            guard let value = GF256.quotient(numerator, derivative.value(at: inverse)) else { return nil }
            self.bytes.append((position, value))
        }
        guard self.bytes.count == locator.degree else { return nil }
    }

    /// Berlekamp–Massey: the shortest recurrence that the syndromes follow, whose polynomial has its roots at the
    /// inverse places of the errors.
    private static func locator(of syndromes: [UInt8]) -> Polynomial? {
        var current = Polynomial(lowestFirst: [1])
        var previous = current
        var length = 0
        var gap = 1
        var previousDiscrepancy: UInt8 = 1
        for count in syndromes.indices {
            var discrepancy: UInt8 = 0
            for index in 0...length {
                discrepancy ^= GF256.product(current[index], syndromes[count - index])
            }
            guard discrepancy != 0, let factor = GF256.quotient(discrepancy, previousDiscrepancy) else {
                gap += 1
                continue
            }
            let last = current
            current.add(previous, times: factor, shiftedBy: gap)
            if 2 * length <= count {
                length = count + 1 - length
                previous = last
                previousDiscrepancy = discrepancy
                gap = 1
            } else {
                gap += 1
            }
        }
        guard length <= ReedSolomon.correctableByteCount, current.degree == length else { return nil }
        return current
    }
}
