import DNSTransport

/// When the next round of upkeep is due, and whether it looks for copies. A value, so that it can be tested as such.
struct UpkeepSchedule: Hashable, Sendable {
    /// Between two rounds. What is due is decided by the wall clock; this only bounds how late it is noticed.
    static let pause = Duration.seconds(60)
    /// Between two rounds while a node refuses or doesn't answer, at most.
    static let longestPause = Duration.seconds(3_600)
    /// Between two looks for copies of the identity.
    static let lookPause = Duration.seconds(600)

    private var failuresInARow = 0
    private var lastLook: ErasedClock.Instant?

    /// How long to wait before the next round.
    var pause: Duration { min(Self.longestPause, Self.pause * (1 << min(self.failuresInARow, 6))) }

    /// Whether the round that starts now looks for copies; the first one does.
    mutating func looks(at now: ErasedClock.Instant) -> Bool {
        if let last = self.lastLook, now < last.advanced(by: Self.lookPause) { return false }
        self.lastLook = now
        return true
    }

    mutating func note(isComplete: Bool) {
        self.failuresInARow = isComplete ? 0 : self.failuresInARow + 1
    }
}
