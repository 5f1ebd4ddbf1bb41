package import DNSTransport

/// Decides about one write of a ``FanoutWriter``: when its result is certain, and what it is.
///
/// All nodes are asked at once. A publish is decided at the quorum-th acknowledgement, or as soon as there can't be a
/// quorum. A delete is decided when all nodes have answered: a value that one node still has is one that every reader of
/// the cluster sees. As it is tried again at those that don't answer, it waits for healthy ones only for ``patience``, and
/// once there is a quorum for others only a ``Grace``.
///
/// Source: protocol documents, "The network layer", section 5.2.
package struct FanoutWrite: Race {
    package enum Kind: Hashable, Sendable {
        case publish
        case delete
    }

    /// How long a delete waits for the last nodes, which are then tried again in the background.
    package static let patience = Duration.seconds(2)

    private let kind: Kind
    private let standings: [NodeHealth.Standing]
    private let deadline: ErasedClock.Instant
    private var start: ErasedClock.Instant?
    private var now = ErasedClock.Instant(offset: .zero)
    private var results: [WriteResult?]
    private var newResults: [(node: Int, result: WriteResult)] = []
    private var count: QuorumCount
    private var slowestRoundTrip = Duration.zero

    /// The result for the caller, once there is one. It never changes.
    package private(set) var verdict: WriteResult?

    /// - Parameters:
    ///   - kind: What is written.
    ///   - standings: How the nodes stood when the write began.
    ///   - deadline: When to give up.
    package init(_ kind: Kind, at standings: [NodeHealth.Standing], deadline: ErasedClock.Instant) {
        self.kind = kind
        self.standings = standings
        self.deadline = deadline
        self.results = Array(repeating: nil, count: standings.count)
        self.count = QuorumCount(nodeCount: standings.count)
    }

    /// The nodes that haven't answered.
    package var outstanding: [Int] { self.results.indices.filter { self.results[$0] == nil } }

    /// The nodes that the verdict on a delete didn't wait for any longer. A publish is meant to go on without the slowest.
    package var overrun: [Int] { self.kind == .delete && self.verdict != nil ? self.outstanding : [] }

    /// The nodes that have answered since the last call, and what.
    package mutating func takeResults() -> [(node: Int, result: WriteResult)] {
        defer { self.newResults = [] }
        return self.newResults
    }

    /// What is known now, for the nodes called `ids`; `nil` before the verdict.
    package func receipt(for ids: [NodeID]) -> WriteReceipt? {
        guard let verdict = self.verdict else { return nil }
        let entries = zip(ids, self.results).map { id, result in
            let outcome: WriteReceipt.Outcome =
                switch result {
                case .accepted: .accepted
                case .refused(let failure): .refused(failure)
                case .unavailable(let failure): .unavailable(failure)
                case nil: .underWay
                }
            return WriteReceipt.Entry(node: id, outcome: outcome)
        }
        return WriteReceipt(result: verdict, quorum: self.count.quorum, entries: entries)
    }

    // MARK: Race

    package mutating func advance(to now: ErasedClock.Instant) -> [Int] {
        self.now = now
        let isFirst = self.start == nil
        if isFirst { self.start = now }
        if now >= self.deadline {
            for index in self.outstanding {
                self.ended(
                    index,
                    with: .unavailable(NetworkFailure(.timeout, "no answer in time")),
                    at: now
                )
            }
        }
        self.decide()
        return isFirst ? self.outstanding : []
    }

    package mutating func ended(_ index: Int, with answer: WriteResult?, at now: ErasedClock.Instant) {
        guard self.results[index] == nil else { return }
        let result = answer ?? .unavailable(NetworkFailure(.closed, "the write was cancelled"))
        self.results[index] = result
        self.count.count(result)
        if answer != nil { self.newResults.append((index, result)) }
        if result == .accepted, let start = self.start {
            self.slowestRoundTrip = max(self.slowestRoundTrip, start.duration(to: now))
        }
    }

    package var nextWake: ErasedClock.Instant? {
        let ends = self.verdict == nil ? self.outstanding.map { self.waitEnd(of: $0) } : []
        return (ends + [self.deadline]).filter { $0 > self.now }.min()
    }

    package var isOver: Bool { self.verdict != nil && self.outstanding.isEmpty }

    // MARK: Decisions

    private mutating func decide() {
        guard self.verdict == nil else { return }
        switch self.kind {
        case .publish where self.count.isReached: self.verdict = .accepted
        case .publish where self.count.isImpossible: self.verdict = self.failure(needed: self.count.quorum)
        case .publish: break
        case .delete:
            guard self.outstanding.allSatisfy({ self.waitEnd(of: $0) <= self.now }) else { return }
            let isDone = self.count.nodeCount > 0 && self.count.accepted == self.count.nodeCount
            self.verdict = isDone ? .accepted : self.failure(needed: self.count.nodeCount)
        }
    }

    /// Until when a node is waited for, as far as is known now.
    private func waitEnd(of index: Int) -> ErasedClock.Instant {
        guard self.kind == .delete, let start = self.start else { return self.deadline }
        let wait: Duration =
            switch self.standings[index] {
            case .healthy: Self.patience
            case .unknown, .suspect:
                self.count.isReached ? min(Grace.wait(after: self.slowestRoundTrip), Self.patience) : Self.patience
            }
        return min(start.advanced(by: wait), self.deadline)
    }

    /// Refused if trying again can't help, as too many nodes have said no; else nobody knows.
    private func failure(needed: Int) -> WriteResult {
        var refusal: NetworkFailure?
        var first: NetworkFailure?
        for result in self.results {
            switch result {
            case .refused(let failure):
                refusal = refusal ?? failure
                first = first ?? failure
            case .unavailable(let failure): first = first ?? failure
            case .accepted, nil: break
            }
        }
        let count = "\(self.count.accepted) of \(self.count.nodeCount) nodes acknowledged, \(needed) are needed"
        let isFinal = self.kind == .delete ? self.count.unavailable + self.count.outstanding == 0 : self.count.isRefused
        if isFinal, let refusal { return .refused(refusal.explained(by: count)) }
        let failure = first ?? NetworkFailure(.timeout, "no answer in time")
        return .unavailable(failure.explained(by: count))
    }
}

extension NetworkFailure {
    /// The same failure, with `context` before its message.
    fileprivate func explained(by context: String) -> NetworkFailure {
        NetworkFailure(
            self.code,
            "\(context): \(self.message)",
            httpStatus: self.httpStatus,
            retryAfter: self.retryAfter,
            limit: self.limit
        )
    }
}
