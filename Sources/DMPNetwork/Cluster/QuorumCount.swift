/// Counts what the nodes of a cluster say to one write.
///
/// The quorum is half of the nodes, rounded up: half and not a majority where their number is even, which is why reads ask
/// all of them. Source: protocol documents, "The network layer", section 5.1.
public struct QuorumCount: Hashable, Sendable {
    /// How many nodes were written to.
    public let nodeCount: Int
    /// How many acknowledged the write.
    public private(set) var accepted = 0
    /// How many refused it for good.
    public private(set) var refused = 0
    /// How many failed in a way that may pass.
    public private(set) var unavailable = 0

    public init(nodeCount: Int) {
        self.nodeCount = max(0, nodeCount)
    }

    /// How many nodes have to acknowledge a write.
    public var quorum: Int { self.nodeCount / 2 + self.nodeCount % 2 }

    /// How many nodes haven't answered.
    public var outstanding: Int { self.nodeCount - self.accepted - self.refused - self.unavailable }

    package mutating func count(_ result: WriteResult) {
        guard self.outstanding > 0 else { return }
        switch result {
        case .accepted: self.accepted += 1
        case .refused: self.refused += 1
        case .unavailable: self.unavailable += 1
        }
    }

    /// Whether enough nodes have acknowledged. Without nodes, nobody has.
    public var isReached: Bool { self.nodeCount > 0 && self.accepted >= self.quorum }

    /// Whether those that haven't answered are too few to reach the quorum.
    public var isImpossible: Bool {
        self.nodeCount == 0 || self.accepted + self.outstanding < self.quorum
    }

    /// Whether it is still too few if those that couldn't be reached accept another try.
    public var isRefused: Bool {
        self.nodeCount == 0 || self.accepted + self.outstanding + self.unavailable < self.quorum
    }
}
