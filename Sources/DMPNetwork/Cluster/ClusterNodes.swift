public import DMPProtocol
private import Synchronization

/// What a cluster calls one of its nodes.
public struct NodeID: Hashable, Sendable, CustomStringConvertible {
    /// The id as the manifest has it.
    public let text: String

    /// Takes any text; within one cluster it must be unique.
    public init(_ text: String) {
        self.text = text
    }

    public var description: String { self.text }
}

/// One node of a cluster, and how to reach it.
public struct ClusterNode: Sendable {
    /// What the manifest calls it.
    public let id: NodeID
    /// The address, for people. A node keeps its health over a change of nodes if it keeps its id and its endpoint.
    public let endpoint: String
    /// Reads from this node alone.
    public let reader: any RecordReader
    /// `nil` for a node that is only read.
    public let writer: (any RecordWriter)?

    public init(id: NodeID, endpoint: String, reader: any RecordReader, writer: (any RecordWriter)?) {
        self.id = id
        self.endpoint = endpoint
        self.reader = reader
        self.writer = writer
    }
}

/// The nodes of a cluster, which its ``UnionReader`` and its ``FanoutWriter`` share, so that both see a change at once.
///
/// Invariant: every id stands for one node, and every operation sees one set of nodes from its start to its end.
public final class ClusterNodes: Sendable {
    private struct State {
        var nodes: [ClusterNode]
        var expires: UnixSeconds?
    }

    private let state: Mutex<State>

    /// - Throws: ``NetworkFailure`` as ``install(_:expires:)``.
    public init(_ nodes: [ClusterNode], expires: UnixSeconds? = nil) throws(NetworkFailure) {
        try Self.check(nodes)
        self.state = Mutex(State(nodes: nodes, expires: expires))
    }

    /// The nodes for an operation that begins now, in the order of the manifest.
    public var current: [ClusterNode] { self.state.withLock(\.nodes) }

    /// Puts `nodes` in place of the present ones, in one step. Operations under way keep those that they began with.
    ///
    /// - Parameters:
    ///   - nodes: In the order of the manifest.
    ///   - expires: The last second in which they are written to. They are read after it too. `nil` for no end.
    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` if there is no node, or two have the same id.
    public func install(_ nodes: [ClusterNode], expires: UnixSeconds? = nil) throws(NetworkFailure) {
        try Self.check(nodes)
        self.state.withLock { $0 = State(nodes: nodes, expires: expires) }
    }

    /// The nodes for a write that begins at `now`, and why it must not, if so.
    func writing(at now: UnixSeconds) -> (nodes: [ClusterNode], refusal: NetworkFailure?) {
        let state = self.state.withLock(\.self)
        guard let expires = state.expires, expires < now else { return (state.nodes, nil) }
        let refusal = NetworkFailure(
            .manifestExpired,
            "the cluster's manifest expired \(expires.seconds(until: now)) seconds ago and no newer one was found, so "
                + "nothing is written; ask its operator to publish one"
        )
        return (state.nodes, refusal)
    }

    private static func check(_ nodes: [ClusterNode]) throws(NetworkFailure) {
        guard !nodes.isEmpty else { throw NetworkFailure(.invalidConfiguration, "a cluster has at least one node") }
        guard Set(nodes.map(\.id)).count == nodes.count else {
            throw NetworkFailure(.invalidConfiguration, "two nodes of the cluster have the same id")
        }
    }
}
