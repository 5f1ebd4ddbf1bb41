/// What became of one refresh of a cluster's manifest.
public enum RefreshOutcome: Hashable, Sendable {
    /// Readers and writers have changed to the manifest with this sequence.
    case installed(sequence: UInt64)
    /// The manifest in use is the newest one.
    case unchanged(sequence: UInt64)
    /// The manifest in use stays, for the reason given.
    case failed(RefreshFailure)
}

/// Why a manifest isn't used.
public enum RefreshFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing at the cluster's name could be verified.
    case noManifest(PinnedRecordRefusal)
    /// The manifest is older than one that was seen before.
    case lowerSequence(offered: UInt64, known: UInt64)
    /// A node that the manifest lists can't be read from or written to.
    case unusableNode(NodeID, NetworkFailure)
    /// The refresher has ended, or ended before the answer came.
    case closed

    public var description: String {
        switch self {
        case .noManifest(let refusal): "no manifest can be trusted: \(refusal)"
        case .lowerSequence(let offered, let known):
            "the manifest has the sequence \(offered), and \(known) was seen before"
        case .unusableNode(let id, let failure): "node \(id.text.displayable(limit: 16)): \(failure)"
        case .closed: "the refresher was closed"
        }
    }
}
