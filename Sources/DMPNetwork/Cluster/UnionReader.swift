public import DMPProtocol
public import DNSTransport

/// Reads what any node of a cluster has.
///
/// Invariant: what a node answers while the query waits for it is in the union; an absence takes the word of at least one
/// node that answered, and else nobody knows. Values come in the order of the nodes, each once, and not more than
/// ``valueLimit`` of one node.
///
/// ``run()`` has to go on as long as there are reads; ``withUnionReader(of:clock:_:)`` sees to it.
///
/// Source: protocol documents, "The network layer", section 6.
public actor UnionReader {
    /// Values that one node may add.
    public static let valueLimit = UnionValues.perNodeLimit
    /// How many questions to one node go on after their queries were answered.
    static let lateLimit = 16

    private nonisolated let nodes: ClusterNodes
    private nonisolated let clock: ErasedClock
    private nonisolated let work = BackgroundWork()
    private var health = NodeHealthTable()
    private var lateCounts: [NodeID: Int] = [:]

    public init(nodes: ClusterNodes, clock: ErasedClock = .continuous) {
        self.nodes = nodes
        self.clock = clock
    }

    /// Runs until it is cancelled, which ends all reads. To be called once.
    public nonisolated func run() async {
        await self.work.run()
    }

    /// The nodes and how their readers have done, in the order of the manifest.
    public func snapshot() -> [NodeStatus] { self.health.statuses(of: self.nodes.current) }

    /// How many queries run, those included that have been answered.
    package nonisolated var queryCount: Int { self.work.count }
}

extension UnionReader: RecordReader {
    /// Reads with ``AbsenceNeed/decisive``.
    public nonisolated func read(
        _ name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.read(name, absence: .decisive, deadline: deadline)
    }

    /// Asks all nodes, and waits longer for those of which little is known if an absence decides something.
    public nonisolated func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        let result: ReadResult? = try await self.work.perform { reply in
            let nodes = self.nodes.current
            let members = await self.members(of: nodes)
            var query = UnionQuery(members, absence: absence, deadline: deadline)
            var late: [NodeID] = []
            await query.drive(clock: self.clock) { index throws(CancellationError) in
                try await nodes[index].reader.read(name, absence: absence, deadline: deadline)
            } step: { query in
                await self.count(query.takeOutcomes(), of: nodes)
                guard let verdict = query.verdict, late.isEmpty else { return true }
                reply.send(verdict)
                late = query.outstanding.map { nodes[$0].id }
                return await self.admitLate(late)
            }
            await self.dismissLate(late)
        }
        return result ?? .unavailable(NetworkFailure(.closed, "the reader of the cluster was closed"))
    }
}

extension UnionReader {
    public nonisolated func prepareForLargeAnswers(at name: OwnerName) async {
        for node in self.nodes.current { await node.reader.prepareForLargeAnswers(at: name) }
    }

    private func members(of nodes: [ClusterNode]) -> [UnionQuery.Member] {
        self.health.keep(self.nodes.current)
        return nodes.map { node in
            let health = self.health[node]
            return UnionQuery.Member(standing: health.standing, roundTrip: health.roundTrip)
        }
    }

    private func count(_ outcomes: [UnionQuery.Outcome], of nodes: [ClusterNode]) {
        for outcome in outcomes {
            switch outcome {
            case .success(let node, let roundTrip, let instant):
                self.health.change(nodes[node]) { $0.succeeded(at: instant, after: roundTrip) }
            case .failure(let node, let failure, let instant):
                self.health.change(nodes[node]) { $0.failed(at: instant, with: failure) }
            case .overrun(let node, let instant):
                self.health.change(nodes[node]) { $0.overran(at: instant) }
            }
        }
    }

    /// Whether the questions to `nodes` may go on although their query is answered.
    private func admitLate(_ nodes: [NodeID]) -> Bool {
        for id in nodes { self.lateCounts[id, default: 0] += 1 }
        return nodes.allSatisfy { self.lateCounts[$0, default: 0] <= Self.lateLimit }
    }

    private func dismissLate(_ nodes: [NodeID]) {
        for id in nodes {
            let count = self.lateCounts[id, default: 0] - 1
            self.lateCounts[id] = count > 0 ? count : nil
        }
    }
}

/// Lends a reader of the cluster to `body`, and ends its queries after.
///
/// - Throws: What `body` throws.
public func withUnionReader<Value>(
    of nodes: ClusterNodes,
    clock: ErasedClock = .continuous,
    _ body: (UnionReader) async throws -> Value
) async throws -> Value {
    let reader = UnionReader(nodes: nodes, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await reader.run() }
        defer { group.cancelAll() }
        return try await body(reader)
    }
}
