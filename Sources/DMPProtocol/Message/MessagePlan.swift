private import ErasureCoding

/// How large a message becomes, known before anything is sealed.
package struct MessagePlan: Hashable, Sendable {
    /// k: chunks needed.
    package let dataCount: Int
    /// n: chunks published.
    package let shareCount: Int
    /// Header, payload and framing.
    package let outerByteCount: Int

    /// Takes the bytes of the text, envelope included.
    ///
    /// - Throws: ``MessageError/tooLong(byteCount:limit:)`` when the erasure code can't hold the message.
    package init(bodyByteCount: Int, timestamp: UnixSeconds, ttl: UInt64) throws(MessageError) {
        let limit = Self.largestBody(valueByteLimit: nil, timestamp: timestamp, ttl: ttl)
        guard bodyByteCount <= limit else { throw .tooLong(byteCount: bodyByteCount, limit: limit) }
        self.outerByteCount = bodyByteCount + Self.overhead(timestamp: timestamp, ttl: ttl)
        self.dataCount = ErasureCode.dataCount(forByteCount: self.outerByteCount)
        self.shareCount = ErasureCode.shareCount(forDataCount: self.dataCount)
    }

    /// The bytes of the longest TXT value of the message, which is its manifest.
    package var manifestTextByteCount: Int { SlotManifest.textByteCount(shareCount: self.shareCount) }

    /// The longest text, envelope included, whose records all fit a store.
    ///
    /// - Parameters:
    ///   - valueByteLimit: The most bytes of one TXT value; `nil` where only the erasure code sets a limit.
    ///   - timestamp: The time of sending.
    ///   - ttl: Seconds.
    /// - Returns: Bytes; 0 also where not even an empty text fits.
    package static func largestBody(valueByteLimit: Int?, timestamp: UnixSeconds, ttl: UInt64) -> Int {
        let valueByteLimit = valueByteLimit ?? .max
        var capacity = 0
        for dataCount in 1...ErasureCode.maximumShareCount {
            let shareCount = ErasureCode.shareCount(forDataCount: dataCount)
            guard shareCount <= ErasureCode.maximumShareCount,
                SlotManifest.textByteCount(shareCount: shareCount) <= valueByteLimit
            else { break }
            capacity = ErasureCode.blockByteCount * dataCount - 4
        }
        return max(0, capacity - Self.overhead(timestamp: timestamp, ttl: ttl))
    }

    private static func overhead(timestamp: UnixSeconds, ttl: UInt64) -> Int {
        MessageHeader.byteCount(timestamp: timestamp, ttl: ttl)
            + SessionCipher.overhead + OuterMessage.framingByteCount
    }
}
