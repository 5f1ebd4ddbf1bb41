package import DNSTransport

/// Decides about one query of a ``ResolverPool``: whom to ask when, what the answers amount to, and which of them count
/// as success or failure of their upstream.
///
/// The next upstream is asked as soon as nobody is left who may still answer within the time that he usually takes. The
/// first answer with values wins. What comes after the decision still counts for the health of its upstream.
///
/// Source: protocol documents, "The network layer", section 2.3.
package struct ResolverQuery: Race {
    /// One upstream, as it stood when the query began.
    package struct Candidate: Hashable, Sendable {
        /// Its number in the pool.
        package var upstream: Int
        /// What answers, for messages. Two candidates of one address are one source.
        package var address: String
        package var isPreferred: Bool
        package var hedgeDelay: Duration
        package var patience: Duration

        package init(upstream: Int, address: String, isPreferred: Bool, hedgeDelay: Duration, patience: Duration) {
            self.upstream = upstream
            self.address = address
            self.isPreferred = isPreferred
            self.hedgeDelay = hedgeDelay
            self.patience = patience
        }
    }

    /// What counts for the health of an upstream.
    package struct Outcome: Hashable, Sendable {
        package var upstream: Int
        /// `nil` for a success.
        package var failure: NetworkFailure?
        package var observed: ErasedClock.Instant

        package var isSuccess: Bool { self.failure == nil }
    }

    package struct Rules: Hashable, Sendable {
        package var absence = AbsenceNeed.decisive
        /// Whether every answer is authenticated, so that one negative proves an absence.
        package var negativesAreProof = false
        /// Whether another upstream is to be asked after a provisional absence, so that lies are found out.
        package var audits = false
        /// How long one upstream is asked, all its tries together.
        package var askLimit = Duration.seconds(5)

        package init() {}
    }

    private enum Progress: Hashable {
        case waiting
        case asked(at: ErasedClock.Instant, until: ErasedClock.Instant)
        case negative(at: ErasedClock.Instant)
        /// Ended, and counted if it counts.
        case ended
    }

    package let candidates: [Candidate]
    private let rules: Rules
    private let deadline: ErasedClock.Instant
    private var progress: [Progress]
    private var saidNo: [Bool]
    private var failures: [NetworkFailure?]
    private var isContradicted = false
    private var auditIsDue: Bool
    private var lastAdvance: ErasedClock.Instant?
    private var outcomes: [Outcome] = []

    /// The answer for the caller, once there is one. It never changes.
    package private(set) var verdict: ReadResult?
    package private(set) var isOver = false

    /// Begins a query that asks `candidates` in their order.
    package init(_ candidates: [Candidate], rules: Rules, deadline: ErasedClock.Instant) {
        self.candidates = candidates
        self.rules = rules
        self.deadline = deadline
        self.progress = Array(repeating: .waiting, count: candidates.count)
        self.saidNo = Array(repeating: false, count: candidates.count)
        self.failures = Array(repeating: nil, count: candidates.count)
        self.auditIsDue = rules.audits
    }

    /// What has come to count since the last call.
    package mutating func takeOutcomes() -> [Outcome] {
        defer { self.outcomes = [] }
        return self.outcomes
    }

    /// The upstreams that are being asked.
    package var outstanding: [Int] {
        self.candidates.indices.filter { self.isOutstanding($0) }.map { self.candidates[$0].upstream }
    }

    // MARK: Race

    package mutating func advance(to now: ErasedClock.Instant) -> [Int] {
        self.lastAdvance = now
        self.expire(at: now)
        self.decideAbsence(at: now)
        var started: [Int] = []
        while now < self.deadline, self.needsAnother(at: now),
            let next = self.progress.firstIndex(of: .waiting)
        {
            let limit = now.advanced(by: self.rules.askLimit)
            self.progress[next] = .asked(at: now, until: min(limit, self.deadline))
            started.append(next)
        }
        if started.isEmpty, !self.candidates.indices.contains(where: { self.isOutstanding($0) }) { self.close() }
        return started
    }

    package mutating func ended(_ index: Int, with answer: ReadResult?, at now: ErasedClock.Instant) {
        guard self.isOutstanding(index) else { return }
        self.progress[index] = .ended
        switch answer {
        case .records:
            self.count(index, at: now)
            self.contradictNegatives(at: now)
            self.verdict = self.verdict ?? answer
        case .absent where self.isContradicted:
            self.count(index, self.denial(of: index), at: now)
        case .absent:
            self.saidNo[index] = true
            self.progress[index] = .negative(at: now)
        case .unavailable(let failure):
            self.failures[index] = failure
            self.count(index, failure, at: now)
        case nil:
            break  // cancelled: says nothing about the upstream
        }
    }

    package var nextWake: ErasedClock.Instant? {
        guard let last = self.lastAdvance else { return nil }
        let mayAskMore = self.verdict == nil && self.progress.contains(.waiting)
        let mayGiveUp = self.verdict == nil && self.saidNo.contains(true)
        var wakes: [ErasedClock.Instant] = []
        for index in self.candidates.indices {
            guard case .asked(let start, let limit) = self.progress[index] else { continue }
            wakes.append(limit)
            if mayAskMore { wakes.append(start.advanced(by: self.candidates[index].hedgeDelay)) }
            if mayGiveUp { wakes.append(start.advanced(by: self.candidates[index].patience)) }
        }
        return wakes.filter { $0 > last }.min()
    }
}

// MARK: - Decisions

extension ResolverQuery {
    private func isOutstanding(_ index: Int) -> Bool {
        if case .asked = self.progress[index] { true } else { false }
    }

    /// Whether `index` was asked at least `delay` ago and hasn't answered.
    private func isOverdue(_ index: Int, by delay: KeyPath<Candidate, Duration>, at now: ErasedClock.Instant) -> Bool {
        guard case .asked(let start, _) = self.progress[index] else { return false }
        return start.advanced(by: self.candidates[index][keyPath: delay]) <= now
    }

    /// Ends the questions whose time is over.
    private mutating func expire(at now: ErasedClock.Instant) {
        for index in self.candidates.indices {
            guard case .asked(_, let limit) = self.progress[index], limit <= now else { continue }
            let failure = NetworkFailure(.timeout, "no answer from \(self.candidates[index].address) in time")
            self.ended(index, with: .unavailable(failure), at: now)
        }
    }

    private mutating func needsAnother(at now: ErasedClock.Instant) -> Bool {
        if self.verdict == nil {
            return !self.candidates.indices.contains {
                self.isOutstanding($0) && !self.isOverdue($0, by: \.hedgeDelay, at: now)
            }
        }
        guard self.auditIsDue, self.verdict == .absent else { return false }
        self.auditIsDue = false
        return !self.candidates.indices.contains { self.isOutstanding($0) }
    }

    /// Decides for an absence if there are enough negatives, or nobody is left to ask who is worth waiting for.
    private mutating func decideAbsence(at now: ErasedClock.Instant) {
        guard self.verdict == nil else { return }
        let negatives = self.candidates.indices.filter { self.saidNo[$0] }
        guard !negatives.isEmpty else { return }
        let preferred = self.candidates.indices.filter { self.candidates[$0].isPreferred }
        let isTrusted = negatives.contains { self.candidates[$0].isPreferred }
        func isSettled(_ index: Int) -> Bool {
            switch self.progress[index] {
            case .waiting: false
            case .asked: self.isOverdue(index, by: \.patience, at: now)
            case .negative, .ended: true
            }
        }
        let isEnough =
            self.rules.negativesAreProof
            || Set(negatives.map { self.candidates[$0].address }).count >= 2
            || isTrusted && (self.rules.absence == .provisional || preferred.allSatisfy(isSettled))
            || self.candidates.indices.allSatisfy(isSettled)
        if isEnough { self.verdict = .absent }
    }

    /// An answer with values shows that those who said no were wrong.
    private mutating func contradictNegatives(at now: ErasedClock.Instant) {
        self.isContradicted = true
        for index in self.candidates.indices {
            guard case .negative = self.progress[index] else { continue }
            self.progress[index] = .ended
            self.count(index, self.denial(of: index), at: now)
        }
    }

    private func denial(of index: Int) -> NetworkFailure {
        let address = self.candidates[index].address
        return NetworkFailure(.unexpectedAnswer, "\(address) denies a name that another resolver knows")
    }

    private mutating func count(_ index: Int, _ failure: NetworkFailure? = nil, at now: ErasedClock.Instant) {
        self.outcomes.append(
            Outcome(upstream: self.candidates[index].upstream, failure: failure, observed: now)
        )
    }

    /// Ends the query: negatives that nobody contradicted were right, questions under way count for nobody.
    package mutating func close() {
        guard !self.isOver else { return }
        self.isOver = true
        for index in self.candidates.indices {
            if case .negative(let instant) = self.progress[index] { self.count(index, at: instant) }
            self.progress[index] = .ended
        }
        guard self.verdict == nil else { return }
        self.verdict = self.saidNo.contains(true) ? .absent : .unavailable(self.failure)
    }

    /// Why nobody gave an answer: what the first who failed said, and how many others failed.
    private var failure: NetworkFailure {
        let failed = self.candidates.indices.compactMap { index in
            self.failures[index].map { (self.candidates[index].address, $0) }
        }
        guard let (address, first) = failed.first else {
            return NetworkFailure(.timeout, "no resolver was asked in time")
        }
        let others = failed.count > 1 ? ", and \(failed.count - 1) more failed" : ""
        // Readers of DNS servers name theirs themselves.
        let message = first.message.contains(address) ? first.message : "\(address): \(first.message)"
        return NetworkFailure(first.code, "\(message)\(others)")
    }
}
