private import ErasureCoding

/// Collects the chunks of one message whose manifest was verified.
///
/// A chunk counts only if the manifest holds its hash. One that was damaged on the way is repaired and counts if the
/// repaired chunk has that hash: so the parity is of use, and nobody can slip in a chunk of their own.
package struct MessageAssembly: Sendable {
    /// How many wrong chunks of one index are worth the time of a repair. A name can hold any number of foreign ones.
    package static let repairsPerChunk = 16

    package let manifest: SlotManifest
    private var blocks: [ArraySlice<UInt8>?]
    private var heldCount = 0
    private var repairsTried: [Int]

    /// - Throws: ``ManifestRefusal/tooManyShares(_:)``, ``ManifestRefusal/noChunkHashes``.
    package init(_ manifest: SlotManifest) throws(ManifestRefusal) {
        try manifest.checkReceivable()
        self.manifest = manifest
        self.blocks = Array(repeating: nil, count: manifest.shareCount)
        self.repairsTried = Array(repeating: 0, count: manifest.shareCount)
    }

    /// Whether enough chunks are here.
    package var isComplete: Bool { self.heldCount >= self.manifest.dataCount }

    /// The indices of the chunks that are not here, in order. Data chunks come before parity.
    package var missing: [Int] { self.blocks.indices.filter { self.blocks[$0] == nil } }

    /// Takes a TXT value found at the name of chunk `index`.
    package mutating func offer(_ value: TXTValue, at index: Int) -> ChunkVerdict {
        guard let expected = self.manifest.chunkHash(at: index) else { return .noSuchChunk }
        guard self.blocks[index] == nil else { return .duplicate }
        let wire: ChunkWire
        do throws(WireError) {
            wire = try ChunkWire(parsing: value)
        } catch {
            return .notAChunk
        }
        if wire.hasHash(expected) {
            guard let block = wire.unwrapped() else { return .undecodable }
            self.hold(block, at: index)
            return .accepted
        }
        guard self.repairsTried[index] < Self.repairsPerChunk else { return .wrongHash }
        self.repairsTried[index] += 1
        guard let (repaired, block) = wire.repaired(), repaired.hasHash(expected) else { return .wrongHash }
        self.hold(block, at: index)
        return .repaired
    }

    /// Joins the chunks.
    ///
    /// - Returns: The outer message, not yet compared with the manifest.
    /// - Throws: ``MessageError/tooFewChunks(have:need:)``, ``MessageError/chunksDoNotJoin``, those of
    ///   ``OuterMessage/init(decoding:)``.
    package func outerMessage() throws(MessageError) -> OuterMessage {
        guard self.isComplete else { throw .tooFewChunks(have: self.heldCount, need: self.manifest.dataCount) }
        return try OuterMessage(decoding: self.joined()[...])
    }

    private func joined() throws(MessageError) -> [UInt8] {
        var shares: [(index: Int, block: ArraySlice<UInt8>)] = []
        shares.reserveCapacity(self.heldCount)
        for case (let index, let block?) in self.blocks.enumerated() { shares.append((index, block)) }
        do throws(ErasureError) {
            return try ErasureCode(dataCount: self.manifest.dataCount, shareCount: self.manifest.shareCount)
                .decode(shares)
        } catch {
            throw .chunksDoNotJoin
        }
    }

    private mutating func hold(_ block: ArraySlice<UInt8>, at index: Int) {
        self.blocks[index] = block
        self.heldCount += 1
    }
}

/// What became of a TXT value that was offered as a chunk.
package enum ChunkVerdict: Hashable, Sendable {
    /// It has the manifest's hash.
    case accepted
    /// It had wrong bytes, and has the manifest's hash after their repair.
    case repaired
    /// The chunk is here already.
    case duplicate
    /// The manifest names no chunk of this index.
    case noSuchChunk
    /// It is not a chunk's TXT value.
    case notAChunk
    /// It is another chunk, or damaged beyond repair.
    case wrongHash
    /// It has the manifest's hash, but its sender made it wrong.
    case undecodable

    /// Whether the chunk is here now because of this value.
    package var isTaken: Bool { self == .accepted || self == .repaired }
}
