package import DNSTransport

/// Decides how many requests may be under way at a node, and how fast they may begin.
///
/// A reference node closes each connection after its answer and lets five wait to be accepted: a sixth that opens at the
/// same moment is lost and tried again a second later. So new connections begin four at once and then one every two
/// milliseconds, until the node is seen to keep its connections open.
package struct ConnectionPace: Sendable {
    /// How many connections may begin at the same moment.
    package static let burst = 4
    package static let interval = Duration.milliseconds(2)
    /// How many requests are under way at a node that closes its connections, or isn't known.
    package static let closingWidth = 48

    private let full: Int
    private(set) package var keepsConnections = false
    /// When the connection after next may begin, if none had been allowed to begin early.
    private var next: ErasedClock.Instant?

    /// - Parameter full: How many requests may be under way at a node that keeps its connections, at least 1.
    package init(full: Int) {
        self.full = max(1, full)
    }

    /// How many requests may be under way now.
    package var width: Int { self.keepsConnections ? self.full : min(Self.closingWidth, self.full) }

    /// - Returns: When a request that has its turn may be sent.
    package mutating func begin(at now: ErasedClock.Instant) -> ErasedClock.Instant {
        guard !self.keepsConnections else { return now }
        let regular = max(self.next ?? now, now)
        self.next = regular.advanced(by: Self.interval)
        return max(now, regular.advanced(by: Self.interval * -(Self.burst - 1)))
    }

    /// Takes note of an answer, or of a connection that was lost.
    package mutating func answered(keepsConnection: Bool) {
        self.keepsConnections = keepsConnection
    }
}
