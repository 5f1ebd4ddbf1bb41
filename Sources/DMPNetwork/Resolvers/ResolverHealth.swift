package import DNSTransport

/// How one upstream has done so far. Decides its place in the order of the next query, and never excludes it.
///
/// Outcomes count in the order in which they were observed, even if they are told in another: a success that is older
/// than the last failure doesn't end the failures.
///
/// Source: protocol documents, "The network layer", section 2.2.
package struct ResolverHealth: Hashable, Sendable {
    package private(set) var consecutiveFailures = 0
    package private(set) var lastFailure: ErasedClock.Instant?
    package private(set) var lastSuccess: ErasedClock.Instant?

    package init() {}

    package mutating func succeeded(at instant: ErasedClock.Instant) {
        if self.lastFailure.map({ $0 <= instant }) ?? true { self.consecutiveFailures = 0 }
        self.lastSuccess = max(self.lastSuccess ?? instant, instant)
    }

    package mutating func failed(at instant: ErasedClock.Instant) {
        self.consecutiveFailures = min(self.consecutiveFailures + 1, Int(Int32.max))
        self.lastFailure = max(self.lastFailure ?? instant, instant)
    }

    /// Whether the upstream keeps its place: it has failed fewer than `threshold` times in a row, or its last failure is
    /// `coolDown` ago.
    package func isPreferred(at now: ErasedClock.Instant, threshold: Int, coolDown: Duration) -> Bool {
        guard self.consecutiveFailures >= threshold, let lastFailure = self.lastFailure else { return true }
        return lastFailure.duration(to: now) >= coolDown
    }
}

extension ResolverHealth {
    /// The order in which a query asks: the preferred ones in their configured order, then the others, those whose last
    /// failure is oldest first.
    package static func order(
        of upstreams: [ResolverHealth],
        at now: ErasedClock.Instant,
        threshold: Int,
        coolDown: Duration
    ) -> (preferred: [Int], others: [Int]) {
        let isPreferred = upstreams.map { $0.isPreferred(at: now, threshold: threshold, coolDown: coolDown) }
        let others = upstreams.indices.filter { !isPreferred[$0] }.sorted { left, right in
            let (first, second) = (upstreams[left].lastFailure, upstreams[right].lastFailure)
            guard let first, let second, first != second else { return left < right }
            return first < second
        }
        return (upstreams.indices.filter { isPreferred[$0] }, others)
    }
}
