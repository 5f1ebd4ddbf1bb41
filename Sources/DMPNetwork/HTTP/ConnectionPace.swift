package import DNSTransport

/// Decides how many requests may be under way at a node, how fast they may begin, and how long the first try may take.
///
/// A reference node closes each connection after its answer and lets five wait to be accepted: a sixth that opens at the
/// same moment is lost and tried again a second later. So new connections begin four at once and then one every two
/// milliseconds, as many as are answered meanwhile, until the node is seen to keep its connections open.
package struct ConnectionPace: Sendable {
    /// How many connections may begin at the same moment.
    package static let burst = 4
    package static let interval = Duration.milliseconds(2)
    /// How many requests are under way at most at a node that closes its connections, or isn't known.
    package static let closingWidth = 48
    /// How long the last of as many connections waits before it begins.
    package static let longestDelay = Self.interval * Self.closingWidth
    package static let shortestPatience = Duration.milliseconds(250)

    private let full: Int
    private(set) package var keepsConnections = false
    /// When the connection after next may begin, if none had been allowed to begin early.
    private var next: ErasedClock.Instant?
    /// The quickest answer so far: the way to the node and back, without waiting there.
    private var shortest: Duration?
    private var smoothed: Duration?
    private var answerCount = 0

    /// - Parameter full: How many requests may be under way at a node that keeps its connections, at least 1.
    package init(full: Int) {
        self.full = max(1, full)
    }

    /// How many requests may be under way now.
    package var width: Int {
        guard !self.keepsConnections else { return self.full }
        // More than begin in the time of one answer would only wait at the node.
        let covered = self.shortest.map { Self.burst + Int($0 / Self.interval) } ?? Self.closingWidth
        return min(covered, Self.closingWidth, self.full)
    }

    /// How long a first try may take at a node that closes its connections: an attempt to open one that was lost is
    /// otherwise noticed after a second. `nil` before enough is known.
    package var patience: Duration? {
        guard !self.keepsConnections, self.answerCount >= Self.burst, let smoothed else { return nil }
        return max(smoothed * 3, Self.shortestPatience)
    }

    /// - Parameters:
    ///   - now: The time.
    ///   - running: How many connections are there that haven't brought an answer yet, with this one.
    /// - Returns: When the connection may be opened.
    package mutating func begin(at now: ErasedClock.Instant, running: Int) -> ErasedClock.Instant {
        guard !self.keepsConnections else { return now }
        let regular = max(self.next ?? now, now)
        self.next = regular.advanced(by: Self.interval)
        guard running > Self.burst else {
            // Those before it were answered: it opens nothing beside more than three others.
            self.next = min(regular, now.advanced(by: Self.interval * (Self.burst - 1))).advanced(by: Self.interval)
            return now
        }
        return max(now, regular.advanced(by: Self.interval * -(Self.burst - 1)))
    }

    /// Takes note of an answer.
    package mutating func answered(keepsConnection: Bool, after latency: Duration) {
        self.keepsConnections = keepsConnection
        self.shortest = min(self.shortest ?? latency, latency)
        self.smoothed = self.smoothed.map { ($0 * 7 + latency) / 8 } ?? latency
        self.answerCount = min(self.answerCount + 1, Self.burst)
    }

    /// Takes note of a connection that was lost.
    package mutating func lost() {
        self.keepsConnections = false
    }
}
