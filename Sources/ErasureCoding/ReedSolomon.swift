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
        ParityRegister(remainderOf: block.span).append(to: &output)
    }

    /// Appends the parities of two blocks of 128 bytes each, in less time than one by one.
    ///
    /// - Throws: ``ReedSolomonError/blockByteCount(_:)``; then neither output has changed.
    package static func appendParities(
        of first: ArraySlice<UInt8>,
        to firstOutput: inout [UInt8],
        and second: ArraySlice<UInt8>,
        to secondOutput: inout [UInt8]
    ) throws(ReedSolomonError) {
        guard first.count == dataByteCount else { throw .blockByteCount(first.count) }
        guard second.count == dataByteCount else { throw .blockByteCount(second.count) }
        let (parity, other) = ParityRegister.remainders(of: first.span, second.span)
        parity.append(to: &firstOutput)
        other.append(to: &secondOutput)
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
        let difference = difference(in: word.span)
        guard difference != ParityRegister() else { return (Array(word.prefix(dataByteCount)), 0) }

        var remainder: [UInt8] = []
        difference.append(to: &remainder)
        guard let errors = ErrorPattern(explaining: remainder) else { throw .tooManyErrors }
        var repaired = Array(word)
        for error in errors.bytes {
            repaired[error.position] ^= error.value
        }
        guard self.isCodeword(repaired[...]) else { throw .tooManyErrors }
        repaired.removeLast(parityByteCount)
        return (repaired, errors.bytes.count)
    }

    /// Whether 160 bytes are a word without any error. To see this takes a hundredth of the time of a repair.
    package static func isCodeword(_ word: ArraySlice<UInt8>) -> Bool {
        word.count == codewordByteCount && self.difference(in: word.span) == ParityRegister()
    }

    /// The parity of the data minus the parity that the word holds: the word modulo g, zero if it is right.
    private static func difference(in word: Span<UInt8>) -> ParityRegister {
        ParityRegister(remainderOf: word.extracting(first: dataByteCount))
            - ParityRegister(word.extracting(last: parityByteCount))
    }
}
