public import DNSTransport

/// How one node of a cluster has done so far.
///
/// Outcomes count in the order in which they were observed, even if they are told in another.
///
/// Source: protocol documents, "The network layer", section 5.3.
public struct NodeHealth: Hashable, Sendable {
    /// How far a node is waited for.
    public enum Standing: Hashable, Sendable {
        /// Its last outcome was an answer in time.
        case healthy
        /// Nothing is known yet.
        case unknown
        /// Its last outcome was a failure, or others have answered long before it.
        case suspect
    }

    /// Failures since the last success.
    public private(set) var consecutiveFailures = 0
    /// When it last failed; `nil` if it never did.
    public private(set) var lastFailure: ErasedClock.Instant?
    /// When it last answered; `nil` if it never did.
    public private(set) var lastSuccess: ErasedClock.Instant?
    /// What went wrong last; `nil` once something has gone right.
    public private(set) var lastError: NetworkFailure?
    /// The smoothed round trip; `nil` before the first answer.
    public private(set) var roundTrip: Duration?
    private var lastOverrun: ErasedClock.Instant?

    public init() {}

    package mutating func succeeded(at instant: ErasedClock.Instant, after roundTrip: Duration) {
        self.roundTrip = self.roundTrip.map { ($0 * 7 + roundTrip) / 8 } ?? roundTrip
        if self.lastFailure.map({ $0 <= instant }) ?? true {
            self.consecutiveFailures = 0
            self.lastError = nil
        }
        self.lastSuccess = max(self.lastSuccess ?? instant, instant)
    }

    package mutating func failed(at instant: ErasedClock.Instant, with failure: NetworkFailure) {
        self.consecutiveFailures = min(self.consecutiveFailures + 1, Int(Int32.max))
        if self.lastFailure.map({ $0 <= instant }) ?? true { self.lastError = failure }
        self.lastFailure = max(self.lastFailure ?? instant, instant)
    }

    /// Takes note that an operation went on without the node, which may still answer.
    package mutating func overran(at instant: ErasedClock.Instant) {
        self.lastOverrun = max(self.lastOverrun ?? instant, instant)
    }

    /// Follows from the last success, failure and delay.
    public var standing: Standing {
        let success = self.lastSuccess
        let setback = [self.lastFailure, self.lastOverrun].compactMap(\.self).max()
        switch (success, setback) {
        case (nil, nil): return .unknown
        case (nil, _?): return .suspect
        case (_?, nil): return .healthy
        case (let success?, let setback?): return setback < success ? .healthy : .suspect
        }
    }
}

/// A node of a cluster and how it has done so far.
public struct NodeStatus: Hashable, Sendable {
    /// What the manifest calls it.
    public let id: NodeID
    /// The address, for people.
    public let endpoint: String
    /// What its answers so far say of it.
    public let health: NodeHealth
}

/// The health of the nodes of a cluster, kept over a change of nodes for those that stay what they are.
struct NodeHealthTable: Sendable {
    private struct Key: Hashable {
        let id: NodeID
        let endpoint: String

        init(_ node: ClusterNode) {
            self.id = node.id
            self.endpoint = node.endpoint
        }
    }

    private var entries: [Key: NodeHealth] = [:]

    /// Forgets the nodes that are not among `nodes`.
    mutating func keep(_ nodes: [ClusterNode]) {
        let keys = Set(nodes.map(Key.init))
        self.entries = self.entries.filter { keys.contains($0.key) }
        for key in keys where self.entries[key] == nil { self.entries[key] = NodeHealth() }
    }

    subscript(node: ClusterNode) -> NodeHealth {
        self.entries[Key(node)] ?? NodeHealth()
    }

    /// Changes the health of `node`, unless it is no longer in the cluster.
    mutating func change(_ node: ClusterNode, _ body: (inout NodeHealth) -> Void) {
        guard var health = self.entries[Key(node)] else { return }
        body(&health)
        self.entries[Key(node)] = health
    }

    func statuses(of nodes: [ClusterNode]) -> [NodeStatus] {
        nodes.map { NodeStatus(id: $0.id, endpoint: $0.endpoint, health: self[$0]) }
    }
}
