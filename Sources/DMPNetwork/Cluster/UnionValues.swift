package import DMPProtocol

/// Puts together the values that several nodes have at one name: each once, in the order of the nodes.
///
/// A node that sends too much loses what is over its cap, and can't take the room of others: where all together are too
/// many, the first value of every node counts before the second of any.
package struct UnionValues: Hashable, Sendable {
    /// Values of one node that are looked at; a node keeps no more at one name.
    package static let perNodeLimit = 64
    /// Values of all nodes together.
    package static let totalLimit = 256

    private var perNode: [[TXTValue]]

    package init(nodeCount: Int) {
        self.perNode = Array(repeating: [], count: nodeCount)
    }

    /// Takes what `node` has, in the order of its answer.
    package mutating func set(_ values: [TXTValue], of node: Int) {
        self.perNode[node] = Array(values.prefix(Self.perNodeLimit))
    }

    package var isEmpty: Bool { self.perNode.allSatisfy(\.isEmpty) }

    package var values: [TXTValue] {
        var seen: Set<TXTValue> = []
        var chosen: [(node: Int, rank: Int, value: TXTValue)] = []
        for rank in 0..<(self.perNode.map(\.count).max() ?? 0) {
            for (node, values) in self.perNode.enumerated() where rank < values.count {
                guard seen.count < Self.totalLimit, seen.insert(values[rank]).inserted else { continue }
                chosen.append((node, rank, values[rank]))
            }
        }
        return chosen.sorted { ($0.node, $0.rank) < ($1.node, $1.rank) }.map(\.value)
    }
}
