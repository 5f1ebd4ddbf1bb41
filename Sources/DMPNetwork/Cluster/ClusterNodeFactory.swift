public import DMPProtocol

/// Makes the reader and the writer of each node that a manifest lists.
///
/// A manifest's endpoints are free text of the operator: the closures check them. They are called for every node before
/// a manifest is used at all, and must not wait.
public struct ClusterNodeFactory: Sendable {
    private let reader: @Sendable (DMPProtocol.ClusterNode) throws(NetworkFailure) -> any RecordReader
    private let writer: @Sendable (DMPProtocol.ClusterNode) throws(NetworkFailure) -> (any RecordWriter)?

    /// - Parameters:
    ///   - reader: Makes what reads from a node; throws for an endpoint that can't be used.
    ///   - writer: Makes what writes to a node, or `nil` if nothing is to be written; throws likewise.
    public init(
        reader: @escaping @Sendable (DMPProtocol.ClusterNode) throws(NetworkFailure) -> any RecordReader,
        writer: @escaping @Sendable (DMPProtocol.ClusterNode) throws(NetworkFailure) -> (any RecordWriter)?
    ) {
        self.reader = reader
        self.writer = writer
    }

    func makeReader(of node: DMPProtocol.ClusterNode) throws(NetworkFailure) -> any RecordReader {
        try self.reader(node)
    }

    func makeWriter(of node: DMPProtocol.ClusterNode) throws(NetworkFailure) -> (any RecordWriter)? {
        try self.writer(node)
    }

    /// Makes the readers and writers of all nodes, or of none.
    ///
    /// - Throws: ``RefreshFailure/unusableNode(_:_:)`` for the first node that can't be used.
    public func nodes(of manifest: ClusterManifest) throws(RefreshFailure) -> [ClusterNode] {
        var nodes: [ClusterNode] = []
        for node in manifest.nodes {
            let id = NodeID(node.id)
            do throws(NetworkFailure) {
                nodes.append(
                    ClusterNode(
                        id: id,
                        endpoint: [node.httpEndpoint, node.dnsEndpoint].compactMap(\.self).joined(separator: " "),
                        reader: try self.reader(node),
                        writer: try self.writer(node)
                    )
                )
            } catch {
                throw .unusableNode(id, error)
            }
        }
        return nodes
    }
}
