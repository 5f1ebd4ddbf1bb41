/// The code that protects one block of 128 bytes: 32 parity bytes, which repair up to 16 wrong bytes anywhere.
///
/// A word is 160 bytes, data then parity, and stands for a polynomial whose highest power comes first. It is right if
/// the polynomial vanishes at α⁰, α¹, … α³¹, that is, if g(x) = (x + α⁰) · … · (x + α³¹) divides it.
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 3.
package enum ReedSolomon {
    package static let dataByteCount = 128
    package static let parityByteCount = 32
    package static let codewordByteCount = dataByteCount + parityByteCount

    /// The most wrong bytes that are repaired.
    package static let correctableByteCount = parityByteCount / 2

    /// The 32 bytes that belong behind a block of 128 bytes.
    package static func parity(of block: ArraySlice<UInt8>) throws(ReedSolomonError) -> [UInt8] {
        var parity: [UInt8] = []
        try appendParity(of: block, to: &parity)
        return parity
    }

    /// A block of 128 bytes and its parity: 160 bytes.
    package static func encode(_ block: ArraySlice<UInt8>) throws(ReedSolomonError) -> [UInt8] {
        var codeword: [UInt8] = []
        codeword.reserveCapacity(codewordByteCount)
        codeword += block
        try appendParity(of: block, to: &codeword)
        return codeword
    }

    /// Appends the parity of a block of 128 bytes to `output`, which does not change if this throws.
    package static func appendParity(
        of block: ArraySlice<UInt8>,
        to output: inout [UInt8]
    ) throws(ReedSolomonError) {
        guard block.count == dataByteCount else { throw .blockByteCount(block.count) }
        remainder(of: block).append(to: &output)
    }

    /// Repairs a word of 160 bytes.
    ///
    /// With 17 or more wrong bytes the word is nearly always refused, but may be taken for another block: only a
    /// checksum can tell.
    ///
    /// - Returns: The 128 bytes of data, and how many of the 160 bytes were wrong.
    package static func decode(
        _ word: ArraySlice<UInt8>
    ) throws(ReedSolomonError) -> (data: [UInt8], correctedByteCount: Int) {
        guard word.count == codewordByteCount else { throw .codewordByteCount(word.count) }
        let difference = difference(in: word)
        guard difference.contains(where: { $0 != 0 }) else { return (Array(word.prefix(dataByteCount)), 0) }

        guard let errors = ErrorPattern(explaining: difference) else { throw .tooManyErrors }
        var repaired = Array(word)
        for error in errors.bytes {
            repaired[error.position] ^= error.value
        }
        guard Self.difference(in: repaired[...]).allSatisfy({ $0 == 0 }) else { throw .tooManyErrors }
        repaired.removeLast(parityByteCount)
        return (repaired, errors.bytes.count)
    }

    /// The sum of the parity of the data and the parity that the word holds: the word modulo g, all zero if it is right.
    private static func difference(in word: ArraySlice<UInt8>) -> [UInt8] {
        var difference: [UInt8] = []
        remainder(of: word.prefix(dataByteCount)).append(to: &difference)
        for (index, byte) in word.suffix(parityByteCount).enumerated() {
            difference[index] ^= byte
        }
        return difference
    }

    private static func remainder(of block: ArraySlice<UInt8>) -> ParityRegister {
        var register = ParityRegister()
        register.divide(block.span)
        return register
    }
}
