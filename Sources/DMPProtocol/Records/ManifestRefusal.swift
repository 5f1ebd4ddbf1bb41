private import ErasureCoding

/// Why a receiver does not fetch the chunks of a manifest whose signature is right.
public enum ManifestRefusal: Error, Hashable, Sendable {
    /// The message is for somebody else.
    case otherRecipient
    /// The manifest's last second has passed.
    case expired
    /// Without hashes anybody could put other chunks beside those of the sender.
    case noChunkHashes
    /// More chunks than the erasure code can hold, which is 256.
    case tooManyShares(Int)
}

extension SlotManifest {
    /// Checks that the message can be put together safely.
    ///
    /// - Throws: ``ManifestRefusal/tooManyShares(_:)``, ``ManifestRefusal/noChunkHashes``.
    package func checkReceivable() throws(ManifestRefusal) {
        guard self.shareCount <= ErasureCode.maximumShareCount else { throw .tooManyShares(self.shareCount) }
        guard !self.chunkHashes.isEmpty else { throw .noChunkHashes }
    }

    /// Checks also that the message is for `recipient` and still counts.
    ///
    /// - Throws: ``ManifestRefusal``.
    package func checkReceivable(by recipient: UserID, at now: UnixSeconds) throws(ManifestRefusal) {
        guard self.recipient == recipient else { throw .otherRecipient }
        guard !self.isExpired(at: now) else { throw .expired }
        try self.checkReceivable()
    }
}
