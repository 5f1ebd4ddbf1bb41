/// Why a message was not encoded, or shares not decoded.
package enum ErasureError: Error, Hashable, Sendable {
    /// The counts are not 1 ≤ data blocks ≤ shares ≤ 256.
    case invalidCounts(dataCount: Int, shareCount: Int)
    /// The message does not fit. `limit` is the number of bytes that do.
    case messageTooLong(byteCount: Int, limit: Int)
    /// A share has a number below 0 or beyond the last one.
    case shareIndexOutOfRange(Int)
    /// The same share was given twice.
    case duplicateShare(Int)
    /// Fewer shares than data blocks.
    case tooFewShares(have: Int, need: Int)
    /// A share that is needed is not 128 bytes long.
    case blockByteCount(index: Int, actual: Int)
    /// The rebuilt blocks claim to hold a longer message than fits: a share was wrong.
    case lengthPrefixTooLarge(byteCount: Int, limit: Int)
}
