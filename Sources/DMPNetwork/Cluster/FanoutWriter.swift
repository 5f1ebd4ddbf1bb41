public import DMPProtocol
public import DNSTransport
private import Synchronization

/// Writes to all nodes of a cluster.
///
/// Invariant: a publish is accepted if and only if a quorum of the nodes has acknowledged it. What the other nodes haven't
/// answered by then goes on in ``run()`` until its deadline, or ends with the writer.
///
/// A delete is accepted once every node has answered. What a node couldn't be told is tried again, so that it doesn't
/// bring the value back; publishing the value once more ends that. These tries end with the writer: who has to be sure
/// keeps the delete until it is accepted and repeats it, as `DMPClient` does with what it withdraws.
///
/// Once the manifest in use has expired, nothing is written until there is a newer one.
///
/// ``run()`` has to go on as long as there are writes; ``withFanoutWriter(of:clock:closing:now:_:)`` sees to it.
///
/// Source: protocol documents, "The network layer", section 5.
public actor FanoutWriter {
    /// How many writes to one node go on after their call was answered. More are cancelled.
    static let lateLimit = 256
    /// How long the end of a writer waits for nodes that have never answered.
    static let closingGrace = Duration.milliseconds(500)
    /// The time for one further try of a delete.
    static let retryLimit = Duration.seconds(5)

    private typealias Operation = @Sendable (_ node: Int) async throws(CancellationError) -> WriteResult

    private nonisolated let nodes: ClusterNodes
    private nonisolated let clock: ErasedClock
    private nonisolated let now: @Sendable () -> UnixSeconds
    private nonisolated let work = BackgroundWork()
    private nonisolated let retries: DeadlineLoop
    private nonisolated let pending = Mutex(PendingDeletes())
    private var health = NodeHealthTable()
    private var lateCounts: [NodeID: Int] = [:]
    private var lanes = WriteLanes()

    /// - Parameters:
    ///   - nodes: The cluster.
    ///   - clock: What deadlines are instants of.
    ///   - now: The wall clock, by which the list of nodes expires.
    public init(
        nodes: ClusterNodes,
        clock: ErasedClock = .continuous,
        now: @escaping @Sendable () -> UnixSeconds
    ) {
        self.nodes = nodes
        self.clock = clock
        self.now = now
        self.retries = DeadlineLoop(clock: clock)
    }

    /// Runs until it is cancelled, which ends all writes, or until ``close()`` was called and all writes have ended. To be
    /// called once.
    public nonisolated func run() async {
        await withTaskGroup { group in
            group.addTask { await self.work.run() }
            group.addTask {
                await self.retries.run { now in
                    let (due, next) = self.pending.withLock { ($0.takeDue(at: now), $0.nextDue) }
                    for item in due { self.work.start { await self.retry(item) } }
                    return next
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Lets no further write begin. Those under way go on, deletes that wait for another try don't.
    public nonisolated func close() {
        self.work.finish()
    }

    /// The nodes and how their writers have done, in the order of the manifest.
    public func snapshot() -> [NodeStatus] { self.health.statuses(of: self.nodes.current) }

    /// How many deletes wait for another try at some node.
    public nonisolated var pendingDeleteCount: Int { self.pending.withLock(\.count) }

    /// How many writes run, those included that have been answered.
    package nonisolated var writeCount: Int { self.work.count }
}

// MARK: - Writing

extension FanoutWriter: RecordWriter {
    public nonisolated func prepare(forRecords count: Int) async {
        for node in self.nodes.current { await node.writer?.prepare(forRecords: count) }
    }

    public nonisolated func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.publishReceipt(value, at: name, ttl: ttl, deadline: deadline).result
    }

    public nonisolated func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.deleteReceipt(value, at: name, deadline: deadline).result
    }

    /// Publishes as ``publish(_:at:ttl:deadline:)``, and tells what each node has said.
    public nonisolated func publishReceipt(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteReceipt {
        self.pending.withLock { $0.forget(value, at: name) }
        let lane = WriteLanes.Key(name: name, value: value)
        return try await self.write(.publish, in: lane, deadline: deadline) { writer throws(CancellationError) in
            try await writer.publish(value, at: name, ttl: ttl, deadline: deadline)
        } unanswered: { _ in
        }
    }

    /// Deletes as ``delete(_:at:deadline:)``, and tells what each node has said.
    ///
    /// The delete of a whole name is never tried again, as others may have published there since.
    public nonisolated func deleteReceipt(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteReceipt {
        let lane = WriteLanes.Key(name: name, value: value)
        return try await self.write(.delete, in: lane, deadline: deadline) { writer throws(CancellationError) in
            try await writer.delete(value, at: name, deadline: deadline)
        } unanswered: { nodes in
            guard let value else { return }
            self.keepPending(nodes, name: name, value: value)
        }
    }

    private nonisolated func write(
        _ kind: FanoutWrite.Kind,
        in lane: WriteLanes.Key,
        deadline: ErasedClock.Instant,
        _ operation: @escaping @Sendable (any RecordWriter) async throws(CancellationError) -> WriteResult,
        unanswered: @escaping @Sendable ([ClusterNode]) -> Void
    ) async throws(CancellationError) -> WriteReceipt {
        let (nodes, refusal) = self.nodes.writing(at: self.now())
        if let refusal { return WriteReceipt(unavailable: refusal, at: nodes) }
        let receipt: WriteReceipt? = try await self.work.perform { reply in
            let turns = await self.enter(lane, at: nodes)
            let ordered: Operation = { index throws(CancellationError) in
                try await self.inTurn(turns[index], at: nodes[index], operation)
            }
            await self.perform(kind, at: nodes, deadline, ordered, reply: reply, unanswered: unanswered)
            await self.leave(lane, turns)
        }
        let closed = NetworkFailure(.closed, "the writer of the cluster was closed")
        return receipt ?? WriteReceipt(unavailable: closed, at: nodes)
    }

    /// One write at one node, after those of the same value that began before it.
    private nonisolated func inTurn(
        _ turn: WriteLanes.Turn,
        at node: ClusterNode,
        _ operation: @Sendable (any RecordWriter) async throws(CancellationError) -> WriteResult
    ) async throws(CancellationError) -> WriteResult {
        defer { turn.finish() }
        await turn.begin()
        guard !Task.isCancelled else { throw CancellationError() }
        guard let writer = node.writer else {
            return .refused(NetworkFailure(.invalidConfiguration, "node \(node.id) is only read"))
        }
        return try await operation(writer)
    }

    /// Drives one write to its end, and answers as soon as its result is certain.
    private nonisolated func perform(
        _ kind: FanoutWrite.Kind,
        at nodes: [ClusterNode],
        _ deadline: ErasedClock.Instant,
        _ operation: @escaping Operation,
        reply: BackgroundWork.Reply<WriteReceipt>,
        unanswered: @Sendable ([ClusterNode]) -> Void
    ) async {
        let start = self.clock.now
        var write = FanoutWrite(kind, at: await self.standings(of: nodes), deadline: deadline)
        var late: [NodeID] = []
        var isAnswered = false
        await write.drive(clock: self.clock, ask: operation) { write in
            let results = write.takeResults()
            await self.count(results, of: nodes, start: start)
            if isAnswered {
                unanswered(results.filter(\.result.isUnavailable).map { nodes[$0.node] })
                let ended = results.map { nodes[$0.node].id }
                late.removeAll { ended.contains($0) }
                await self.dismissLate(ended)
            }
            guard !isAnswered, let receipt = write.receipt(for: nodes.map(\.id)) else { return true }
            isAnswered = true
            await self.noteOverrun(of: write.overrun.map { nodes[$0] })
            // Before the reply, so that who has it finds the rest waiting.
            unanswered(
                zip(nodes, receipt.entries).filter(\.1.outcome.isUnavailable).map(\.0)
            )
            reply.send(receipt)
            late = write.outstanding.map { nodes[$0].id }
            return await self.admitLate(late)
        }
        if isAnswered { unanswered(write.outstanding.map { nodes[$0] }) }
        await self.dismissLate(late)
    }
}

extension WriteReceipt {
    /// Of a write that no node was asked for.
    fileprivate init(unavailable failure: NetworkFailure, at nodes: [ClusterNode]) {
        self.result = .unavailable(failure)
        self.quorum = QuorumCount(nodeCount: nodes.count).quorum
        self.entries = nodes.map { Entry(node: $0.id, outcome: .unavailable(failure)) }
    }
}

extension WriteResult {
    fileprivate var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
}

extension WriteReceipt.Outcome {
    fileprivate var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
}

// MARK: - Deletes that are tried again

extension FanoutWriter {
    private nonisolated func keepPending(_ nodes: [ClusterNode], name: OwnerName, value: TXTValue) {
        guard !nodes.isEmpty else { return }
        let now = self.clock.now
        let next = self.pending.withLock { pending in
            for node in nodes {
                pending.add(.init(node: node.id, endpoint: node.endpoint, name: name, value: value), at: now)
            }
            return pending.nextDue
        }
        if let next { self.retries.wake(for: next) }
    }

    /// - Returns: Whether the node has answered.
    private nonisolated func retry(_ item: PendingDeletes.Item, at node: ClusterNode) async -> Bool {
        let lane = WriteLanes.Key(name: item.key.name, value: item.key.value)
        let turns = await self.enter(lane, at: [node])
        var isDone = false
        for turn in turns where self.pending.withLock({ $0.isWanted(item) }) {
            do throws(CancellationError) {
                let start = self.clock.now
                let result = try await self.inTurn(turn, at: node) { writer throws(CancellationError) in
                    let deadline = self.clock.now.advanced(by: Self.retryLimit)
                    return try await writer.delete(item.key.value, at: item.key.name, deadline: deadline)
                }
                await self.count([(0, result)], of: [node], start: start)
                isDone = !result.isUnavailable
            } catch {
                break  // the writer ends, and the deletes that wait with it
            }
        }
        await self.leave(lane, turns)
        return isDone
    }

    private nonisolated func retry(_ item: PendingDeletes.Item) async {
        let (nodes, refusal) = self.nodes.writing(at: self.now())
        let isDone: Bool
        if refusal != nil {
            isDone = false
        } else if let node = nodes.first(where: { $0.id == item.key.node && $0.endpoint == item.key.endpoint }) {
            isDone = await self.retry(item, at: node)
        } else {
            isDone = true  // the node has left, and its values with it
        }
        let now = self.clock.now
        let next = self.pending.withLock { pending in
            pending.ended(item, isDone: isDone, at: now)
            return pending.nextDue
        }
        if let next { self.retries.wake(for: next) }
    }
}

// MARK: - State

extension FanoutWriter {
    private func enter(_ lane: WriteLanes.Key, at nodes: [ClusterNode]) -> [WriteLanes.Turn] {
        self.health.keep(self.nodes.current)
        return self.lanes.enter(lane, at: nodes.map(\.id))
    }

    private func noteOverrun(of nodes: [ClusterNode]) {
        let now = self.clock.now
        for node in nodes { self.health.change(node) { $0.overran(at: now) } }
    }

    private func standings(of nodes: [ClusterNode]) -> [NodeHealth.Standing] {
        nodes.map { self.health[$0].standing }
    }

    /// Whether a node that is known to answer still has to, to a write whose caller has gone on.
    fileprivate var awaitsHealthyNodes: Bool {
        self.nodes.current.contains { self.lateCounts[$0.id] != nil && self.health[$0].standing == .healthy }
    }

    private func leave(_ lane: WriteLanes.Key, _ turns: [WriteLanes.Turn]) {
        self.lanes.leave(lane, turns)
    }

    private func count(
        _ results: [(node: Int, result: WriteResult)],
        of nodes: [ClusterNode],
        start: ErasedClock.Instant
    ) {
        let now = self.clock.now
        for (index, result) in results {
            self.health.change(nodes[index]) { health in
                switch result {
                case .accepted: health.succeeded(at: now, after: start.duration(to: now))
                case .refused(let failure), .unavailable(let failure): health.failed(at: now, with: failure)
                }
            }
        }
    }

    /// Whether the writes to `nodes` may go on although their call is answered.
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

/// Lends a writer to `body`. Writes that are still under way when it returns are given the time `closing` to end, those at
/// nodes that have never answered half a second of it.
///
/// - Throws: What `body` throws.
public func withFanoutWriter<Value: Sendable>(
    of nodes: ClusterNodes,
    clock: ErasedClock = .continuous,
    closing: Duration = .seconds(2),
    now: @escaping @Sendable () -> UnixSeconds,
    _ body: (FanoutWriter) async throws -> Value
) async throws -> Value {
    let writer = FanoutWriter(nodes: nodes, clock: clock, now: now)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask { await writer.run() }
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(writer)) } catch { outcome = .failure(error) }
        writer.close()
        let end = clock.now
        group.addTask {
            try await clock.sleep(until: end.advanced(by: min(closing, FanoutWriter.closingGrace)))
            guard await writer.awaitsHealthyNodes else { return }
            try await clock.sleep(until: end.advanced(by: closing))
        }
        do {
            try await group.next()  // whichever comes first: all writes have ended, or the time is over
        } catch is CancellationError {}  // cancelled: no time at all
        return try outcome.get()
    }
}
