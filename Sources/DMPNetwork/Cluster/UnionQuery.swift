package import DNSTransport

/// Decides about one query of a ``UnionReader``: how long to wait for which node, and what the answers amount to.
///
/// All nodes are asked at once. Those that are healthy are waited for. So are those of which nothing is known, until so
/// many have answered that one of them has what a quorum acknowledged; then they have only a ``Grace``. A node that has
/// let that pass isn't waited for again until it has answered, except where an absence decides something. Nothing ends
/// early before a node has given a good answer.
///
/// Source: protocol documents, "The network layer", section 6.
package struct UnionQuery: Race {
    /// One node, as it stood when the query began.
    package struct Member: Hashable, Sendable {
        package var standing: NodeHealth.Standing
        package var roundTrip: Duration?

        package init(standing: NodeHealth.Standing, roundTrip: Duration? = nil) {
            self.standing = standing
            self.roundTrip = roundTrip
        }
    }

    /// What counts for the health of a node.
    package enum Outcome: Hashable, Sendable {
        case success(node: Int, roundTrip: Duration, at: ErasedClock.Instant)
        case failure(node: Int, NetworkFailure, at: ErasedClock.Instant)
        case overrun(node: Int, at: ErasedClock.Instant)
    }

    private enum Progress: Hashable {
        case waiting
        case asked
        case answered
        case failed(NetworkFailure?)
    }

    /// How long a healthy node is waited for at least, and how many of its own round trips.
    package static let shortestPatience = Duration.seconds(1)
    package static let patienceFactor = 8

    private let members: [Member]
    private let absence: AbsenceNeed
    private let deadline: ErasedClock.Instant
    private var start: ErasedClock.Instant?
    private var now = ErasedClock.Instant(offset: .zero)
    private var progress: [Progress]
    private var answerCount = 0
    private var slowestRoundTrip = Duration.zero
    private var union: UnionValues
    private var outcomes: [Outcome] = []

    /// The answer for the caller, once there is one. It never changes.
    package private(set) var verdict: ReadResult?

    package init(_ members: [Member], absence: AbsenceNeed, deadline: ErasedClock.Instant) {
        self.members = members
        self.absence = absence
        self.deadline = deadline
        self.progress = Array(repeating: .waiting, count: members.count)
        self.union = UnionValues(nodeCount: members.count)
    }

    /// What has come to count since the last call.
    package mutating func takeOutcomes() -> [Outcome] {
        defer { self.outcomes = [] }
        return self.outcomes
    }

    /// The nodes that are being asked.
    package var outstanding: [Int] { self.members.indices.filter { self.progress[$0] == .asked } }

    // MARK: Race

    package mutating func advance(to now: ErasedClock.Instant) -> [Int] {
        self.now = now
        var started: [Int] = []
        if self.start == nil {
            self.start = now
            started = Array(self.members.indices)
            for index in started { self.progress[index] = .asked }
        }
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
        return started.filter { self.progress[$0] == .asked }
    }

    package mutating func ended(_ index: Int, with answer: ReadResult?, at now: ErasedClock.Instant) {
        guard self.progress[index] == .asked, let start = self.start else { return }
        let roundTrip = start.duration(to: now)
        switch answer {
        case .records, .absent:
            if case .records(let values) = answer { self.union.set(values, of: index) }
            self.progress[index] = .answered
            self.answerCount += 1
            self.slowestRoundTrip = max(self.slowestRoundTrip, roundTrip)
            self.outcomes.append(.success(node: index, roundTrip: roundTrip, at: now))
        case .unavailable(let failure):
            self.progress[index] = .failed(failure)
            self.outcomes.append(.failure(node: index, failure, at: now))
        case nil:
            self.progress[index] = .failed(nil)  // cancelled: says nothing about the node
        }
    }

    package var nextWake: ErasedClock.Instant? {
        let ends = self.verdict == nil ? self.outstanding.map { self.waitEnd(of: $0) } : []
        return (ends + [self.deadline]).filter { $0 > self.now }.min()
    }

    package var isOver: Bool { self.verdict != nil && self.outstanding.isEmpty }
}

// MARK: - Decisions

extension UnionQuery {
    private mutating func decide() {
        guard self.verdict == nil else { return }
        let outstanding = self.outstanding
        guard outstanding.allSatisfy({ self.waitEnd(of: $0) <= self.now }) else { return }
        for index in outstanding where self.members[index].standing != .suspect {
            self.outcomes.append(.overrun(node: index, at: self.now))
        }
        if !self.union.isEmpty {
            self.verdict = .records(self.union.values)
        } else if self.answerCount > 0 {
            self.verdict = .absent
        } else {
            self.verdict = .unavailable(self.failure)
        }
    }

    /// Until when `index` is waited for, as far as is known now.
    private func waitEnd(of index: Int) -> ErasedClock.Instant {
        guard let start = self.start, self.answerCount > 0 else { return self.deadline }
        let member = self.members[index]
        let grace = Grace.wait(after: self.slowestRoundTrip)
        let patience = max((member.roundTrip ?? .zero) * Self.patienceFactor, Self.shortestPatience)
        let decidesAbsence = self.absence == .decisive && self.union.isEmpty
        let wait: Duration =
            switch member.standing {
            case .healthy: patience
            case .unknown: decidesAbsence || !self.meetsEveryQuorum ? max(patience, grace) : grace
            case .suspect: decidesAbsence ? grace : .zero
            }
        return min(start.advanced(by: wait), self.deadline)
    }

    /// Whether every quorum of the nodes has one among those that have answered.
    private var meetsEveryQuorum: Bool {
        self.answerCount + QuorumCount(nodeCount: self.members.count).quorum > self.members.count
    }

    private var failure: NetworkFailure {
        let failures = self.progress.compactMap { progress in
            if case .failed(let failure) = progress { failure } else { nil }
        }
        guard let first = failures.first else { return NetworkFailure(.timeout, "no node of the cluster was asked") }
        let others = failures.count > 1 ? ", and \(failures.count - 1) more nodes failed" : ""
        return NetworkFailure(first.code, first.message + others)
    }
}
