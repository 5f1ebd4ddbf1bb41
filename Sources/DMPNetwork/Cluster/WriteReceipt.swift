/// What became of one write to a cluster, and at which of its nodes, at the time when the caller got the answer.
public struct WriteReceipt: Hashable, Sendable {
    /// What one node has said.
    public enum Outcome: Hashable, Sendable {
        case accepted
        case refused(NetworkFailure)
        case unavailable(NetworkFailure)
        /// It hasn't answered yet. The write goes on.
        case underWay
    }

    /// One node and what it has said.
    public struct Entry: Hashable, Sendable {
        /// What the manifest calls the node.
        public let node: NodeID
        /// Its answer, as far as there is one.
        public let outcome: Outcome
    }

    /// The result for the cluster as a whole.
    public let result: WriteResult
    /// How many nodes a publish needs; a delete needs all.
    public let quorum: Int
    /// The nodes in the order of the manifest.
    public let entries: [Entry]

    /// The nodes that have acknowledged the write.
    public var acknowledged: [NodeID] {
        self.entries.filter { $0.outcome == .accepted }.map(\.node)
    }
}
