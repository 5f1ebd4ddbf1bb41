/// Why a block was not encoded, or a word not decoded.
package enum ReedSolomonError: Error, Hashable, Sendable {
    /// The block to encode is not 128 bytes long.
    case blockByteCount(Int)
    /// The word to decode is not 160 bytes long.
    case codewordByteCount(Int)
    /// More than 16 bytes of the word are wrong.
    case tooManyErrors
}
