import DMPProtocol

/// Keeps the writes of one value at one node in the order in which they began, so that a late publish doesn't overtake the
/// delete that came after it.
struct WriteLanes: Sendable {
    /// What has to stay in order. A `nil` value is the delete of the whole name.
    struct Key: Hashable, Sendable {
        let name: OwnerName
        let value: TXTValue?
    }

    /// The place of one write in the line at one node.
    struct Turn: Sendable {
        /// Ends when the write before has ended. Only this turn listens to it.
        fileprivate let previous: AsyncStream<Never>?
        fileprivate let end: AsyncStream<Never>.Continuation

        /// Returns when it is this write's turn, or the task is cancelled.
        func begin() async {
            guard let previous = self.previous else { return }
            for await _ in previous {}
        }

        /// Lets the next one begin. May be called more than once.
        func finish() { self.end.finish() }
    }

    private struct Lane {
        var writes = 0
        var last: [NodeID: AsyncStream<Never>] = [:]
    }

    private var lanes: [Key: Lane] = [:]

    /// Takes places for one write at `nodes`, in their order.
    mutating func enter(_ key: Key, at nodes: [NodeID]) -> [Turn] {
        var lane = self.lanes[key] ?? Lane()
        lane.writes += 1
        let turns = nodes.map { node in
            let (stream, end) = AsyncStream<Never>.makeStream()
            return Turn(previous: lane.last.updateValue(stream, forKey: node), end: end)
        }
        self.lanes[key] = lane
        return turns
    }

    /// Gives up the places of one write.
    mutating func leave(_ key: Key, _ turns: [Turn]) {
        for turn in turns { turn.finish() }
        guard var lane = self.lanes[key] else { return }
        lane.writes -= 1
        self.lanes[key] = lane.writes > 0 ? lane : nil
    }

    var isEmpty: Bool { self.lanes.isEmpty }
}
