private import DMPCrypto
private import ErasureCoding

/// One chunk of a message as it is published: 168 bytes.
///
/// | Offset | Bytes | Field                                                 |
/// |-------:|------:|-------------------------------------------------------|
/// |      0 |     8 | the first bytes of SHA-256 of the block               |
/// |      8 |   128 | ``block``, one share of the erasure code              |
/// |    136 |    32 | Reed-Solomon parity of the block                      |
///
/// Source: protocol documents, "From plaintext to TXT strings and back", sections 4 and 5.
package struct ChunkWire: Hashable, Sendable {
    package static let byteCount = checksumByteCount + ReedSolomon.codewordByteCount
    package static let prefix: StaticString = "v=dmp1;t=chunk;d="
    /// The bytes of a chunk's TXT value: 241.
    package static let textByteCount = prefix.utf8CodeUnitCount + Base64.encodedByteCount(byteCount)
    private static let checksumByteCount = 8

    /// All 168 bytes.
    package let bytes: [UInt8]

    /// Takes 168 bytes as they are.
    ///
    /// - Throws: ``WireError/length(_:)`` for another number of bytes.
    package init(_ bytes: [UInt8]) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .length(bytes.count) }
        self.bytes = bytes
    }

    /// Reads a chunk's TXT value.
    ///
    /// - Throws: ``WireError/notThisKind``, ``WireError/wireTooLong(_:)``, ``WireError/base64``,
    ///   ``WireError/length(_:)``.
    package init(parsing value: TXTValue) throws(WireError) {
        try self.init(value.decode(after: Self.prefix, maximumByteCount: Self.byteCount))
    }

    /// Adds checksum and parity to a block of 128 bytes.
    ///
    /// - Throws: ``WireError/length(_:)`` for another number of bytes.
    package init(wrapping block: ArraySlice<UInt8>) throws(WireError) {
        var bytes = Self.withoutParity(block)
        do { try ReedSolomon.appendParity(of: block, to: &bytes) } catch { throw .length(block.count) }
        self.bytes = bytes
    }

    private init(complete bytes: [UInt8]) { self.bytes = bytes }

    /// Adds checksum and parity to each of the blocks of 128 bytes that stand one behind the other in `blocks`.
    ///
    /// - Throws: ``WireError/length(_:)`` if their bytes are no multiple of 128.
    package static func wrap(_ blocks: ArraySlice<UInt8>) throws(WireError) -> [ChunkWire] {
        let blockByteCount = ReedSolomon.dataByteCount
        guard blocks.count.isMultiple(of: blockByteCount) else { throw .length(blocks.count) }
        var wires: [ChunkWire] = []
        wires.reserveCapacity(blocks.count / blockByteCount)
        var rest = blocks
        while rest.count >= 2 * blockByteCount {
            let (first, second) = (rest.prefix(blockByteCount), rest.dropFirst(blockByteCount).prefix(blockByteCount))
            var (wire, other) = (self.withoutParity(first), self.withoutParity(second))
            do {
                try ReedSolomon.appendParities(of: first, to: &wire, and: second, to: &other)
            } catch { throw .length(blockByteCount) }
            wires.append(ChunkWire(complete: wire))
            wires.append(ChunkWire(complete: other))
            rest = rest.dropFirst(2 * blockByteCount)
        }
        if !rest.isEmpty { wires.append(try ChunkWire(wrapping: rest)) }
        return wires
    }

    /// Checksum and block, with room for the parity.
    private static func withoutParity(_ block: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.byteCount)
        SHA256.appendHash(of: block.span, first: self.checksumByteCount, to: &bytes)
        bytes += block
        return bytes
    }

    /// What the manifest says of this chunk: SHA-256 of the 168 bytes.
    package var hash: [UInt8] { SHA256.hash(self.bytes) }

    /// Appends ``hash`` to those of the chunks before.
    func appendHash(to hashes: inout [UInt8]) { SHA256.appendHash(of: self.bytes.span, to: &hashes) }

    /// Whether ``hash`` is this one.
    func hasHash(_ expected: ArraySlice<UInt8>) -> Bool {
        expected.count == SHA256.byteCount && SHA256.hash(of: self.bytes.span, startsWith: expected.span)
    }

    package var value: TXTValue { TXTValue(prefix: Self.prefix, encoding: self.bytes) }

    /// The block, after repair of up to 16 wrong bytes of block and parity, if the checksum as received fits it.
    ///
    /// A block that the checksum fits as it stands is the one: a repair could only lead to another block, which the
    /// checksum would then not fit. So parity is looked at only where it is needed.
    ///
    /// - Returns: 128 bytes, or `nil` for a chunk that can't be read.
    package func unwrapped() -> ArraySlice<UInt8>? {
        let asReceived = self.bytes.dropFirst(Self.checksumByteCount).prefix(ReedSolomon.dataByteCount)
        if self.hasChecksum(of: asReceived) { return asReceived }
        guard let block = self.repairedBlock(), self.hasChecksum(of: block) else { return nil }
        return block
    }

    private func hasChecksum(of block: ArraySlice<UInt8>) -> Bool {
        SHA256.hash(of: block.span, startsWith: self.bytes.span.extracting(first: Self.checksumByteCount))
    }

    /// The chunk as its sender would have made it, if no more than 16 bytes of block and parity are wrong. The checksum
    /// is made anew, so only a comparison with the manifest's hash tells whether this is the sender's chunk.
    package func repaired() -> (wire: ChunkWire, block: ArraySlice<UInt8>)? {
        guard let block = self.repairedBlock() else { return nil }
        do { return (try ChunkWire(wrapping: block), block) } catch { return nil }
    }

    /// Without wrong bytes, a part of ``bytes``, so that nothing is copied.
    private func repairedBlock() -> ArraySlice<UInt8>? {
        let word = self.bytes.dropFirst(Self.checksumByteCount)
        if ReedSolomon.isCodeword(word) { return word.prefix(ReedSolomon.dataByteCount) }
        do { return try ReedSolomon.decode(word).data[...] } catch { return nil }
    }
}
