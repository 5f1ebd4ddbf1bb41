/// The code that spreads a message over shares of 128 bytes, so that any k of the n shares give it back.
///
/// Input of the code are k data blocks: the byte count of the message as a big-endian `UInt32`, the message, and zero
/// bytes up to 128 · k. Shares 0..<k are these blocks; shares k..<n are parity. Share r is the value at the point x_r
/// of the polynomial of degree < k that has data block i at x_i, with x_0 = 0 and x_r = α^(r−1).
///
/// There is no check whether a share is right: that is for the caller to know.
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 2. Same shares as zfec 1.6.
package struct ErasureCode: Sendable, Hashable {
    /// The bytes of a share.
    package static let blockByteCount = 128

    /// The most shares that the field has points for.
    package static let maximumShareCount = 256

    /// The longest message that the size rule can spread: k = 196, n = 255.
    package static let maximumMessageByteCount = capacity(ofBlocks: 196)

    private static let lengthByteCount = 4

    /// k: how many shares are needed.
    package let dataCount: Int

    /// n: how many shares there are.
    package let shareCount: Int

    /// - Throws: ``ErasureError/invalidCounts(dataCount:shareCount:)`` unless 1 ≤ k ≤ n ≤ 256.
    package init(dataCount: Int, shareCount: Int) throws(ErasureError) {
        guard dataCount >= 1, shareCount >= dataCount, shareCount <= Self.maximumShareCount else {
            throw .invalidCounts(dataCount: dataCount, shareCount: shareCount)
        }
        self.dataCount = dataCount
        self.shareCount = shareCount
    }

    /// The code that senders use for a message of this size.
    ///
    /// - Throws: ``ErasureError/messageTooLong(byteCount:limit:)`` above ``maximumMessageByteCount``.
    package init(messageByteCount: Int) throws(ErasureError) {
        guard messageByteCount <= Self.maximumMessageByteCount else {
            throw .messageTooLong(byteCount: messageByteCount, limit: Self.maximumMessageByteCount)
        }
        self.dataCount = Self.dataCount(forByteCount: messageByteCount)
        self.shareCount = Self.shareCount(forDataCount: self.dataCount)
    }

    /// The size rule for k: as many blocks as the message and its length prefix fill, at least one.
    package static func dataCount(forByteCount byteCount: Int) -> Int {
        // The two summands never overflow, (byteCount + 4 + 127) / 128 could.
        let rest = byteCount % blockByteCount + lengthByteCount
        return max(1, byteCount / blockByteCount + (rest + blockByteCount - 1) / blockByteCount)
    }

    /// The size rule for n: three parity shares for ten data blocks, rounded up.
    package static func shareCount(forDataCount dataCount: Int) -> Int {
        dataCount + max(1, (3 * dataCount + 9) / 10)
    }

    /// The bytes of message that fit into k blocks.
    package var messageCapacity: Int { Self.capacity(ofBlocks: self.dataCount) }

    private static func capacity(ofBlocks count: Int) -> Int {
        blockByteCount * count - lengthByteCount
    }

    /// Returns all n shares, one after the other: 128 · n bytes.
    ///
    /// - Throws: ``ErasureError/messageTooLong(byteCount:limit:)`` above ``messageCapacity``.
    package func encode(_ message: ArraySlice<UInt8>) throws(ErasureError) -> [UInt8] {
        guard message.count <= self.messageCapacity else {
            throw .messageTooLong(byteCount: message.count, limit: self.messageCapacity)
        }
        let length = UInt32(message.count)
        var shares: [UInt8] = []
        shares.reserveCapacity(Self.blockByteCount * self.shareCount)
        for shift in [24, 16, 8, 0] as [UInt32] {
            shares.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        shares += message
        shares += repeatElement(0, count: Self.blockByteCount * self.shareCount - shares.count)

        let parity = Array(self.dataCount..<self.shareCount)
        var interpolation = BlockInterpolation(from: Array(0..<self.dataCount), to: parity)
        for index in 0..<self.dataCount {
            interpolation.add(shares.span.extracting(Self.bytes(ofBlock: index)))
        }
        interpolation.store(asBlocks: parity, of: &shares)
        return shares
    }

    /// Returns the message that at least k shares, in any order, came from.
    ///
    /// The k shares with the lowest numbers are used, the others not looked at.
    ///
    /// - Parameter shares: Each with its number, 0..<n.
    /// - Returns: The message, without length prefix and padding.
    /// - Throws: ``ErasureError``: for numbers out of range or given twice, too few shares, a share that is needed and
    ///   not 128 bytes long, a length prefix that does not fit.
    package func decode(_ shares: [(index: Int, block: ArraySlice<UInt8>)]) throws(ErasureError) -> [UInt8] {
        let chosen = try self.lowest(shares)
        var blocks = [UInt8](repeating: 0, count: Self.blockByteCount * self.dataCount)
        for (index, block) in chosen where index < self.dataCount {
            blocks.replaceSubrange(Self.bytes(ofBlock: index), with: block)
        }
        self.rebuildMissing(in: &blocks, from: chosen)
        let length = blocks.prefix(Self.lengthByteCount).reduce(0) { $0 << 8 | Int($1) }
        guard length <= self.messageCapacity else {
            throw .lengthPrefixTooLarge(byteCount: length, limit: self.messageCapacity)
        }
        return Array(blocks[Self.lengthByteCount..<Self.lengthByteCount + length])
    }

    /// The k shares with the lowest numbers, in order, each 128 bytes long.
    private func lowest(
        _ shares: [(index: Int, block: ArraySlice<UInt8>)]
    ) throws(ErasureError) -> [(index: Int, block: ArraySlice<UInt8>)] {
        var blocks = [ArraySlice<UInt8>?](repeating: nil, count: self.shareCount)
        for (index, block) in shares {
            guard blocks.indices.contains(index) else { throw .shareIndexOutOfRange(index) }
            guard blocks[index] == nil else { throw .duplicateShare(index) }
            blocks[index] = block
        }
        var chosen: [(index: Int, block: ArraySlice<UInt8>)] = []
        for case (let index, let block?) in blocks.enumerated() where chosen.count < self.dataCount {
            chosen.append((index, block))
        }
        guard chosen.count == self.dataCount else { throw .tooFewShares(have: chosen.count, need: self.dataCount) }
        for (index, block) in chosen where block.count != Self.blockByteCount {
            throw .blockByteCount(index: index, actual: block.count)
        }
        return chosen
    }

    /// Computes the data blocks that are not among the k chosen shares.
    private func rebuildMissing(
        in blocks: inout [UInt8],
        from chosen: [(index: Int, block: ArraySlice<UInt8>)]
    ) {
        guard let last = chosen.last, last.index >= self.dataCount else { return }
        let present = Set(chosen.map(\.index))
        let missing = (0..<self.dataCount).filter { !present.contains($0) }
        var interpolation = BlockInterpolation(from: chosen.map(\.index), to: missing)
        for share in chosen { interpolation.add(share.block.span) }
        interpolation.store(asBlocks: missing, of: &blocks)
    }

    /// x_r, the point at which share r is a value.
    static func point(ofShare index: Int) -> UInt8 {
        index == 0 ? 0 : GF256.power(index - 1)
    }

    private static func bytes(ofBlock index: Int) -> Range<Int> {
        blockByteCount * index..<blockByteCount * (index + 1)
    }
}
