/// How long an upstream takes to answer, and from it when to ask again (after RFC 6298).
struct RoundTripEstimate: Hashable, Sendable {
    private let first: Duration
    private var smoothed: Duration?
    private var variation: Duration = .zero

    private static let shortest: Duration = .milliseconds(50)
    private static let longest: Duration = .seconds(3)

    /// - Parameter first: The interval as long as nothing was measured.
    init(first: Duration) {
        self.first = first
    }

    /// Takes in the time between a query that was sent once and its answer.
    mutating func record(_ roundTrip: Duration) {
        guard let smoothed else {
            (self.smoothed, self.variation) = (roundTrip, roundTrip / 2)
            return
        }
        let distance = roundTrip > smoothed ? roundTrip - smoothed : smoothed - roundTrip
        self.variation = (self.variation * 3 + distance) / 4
        self.smoothed = (smoothed * 7 + roundTrip) / 8
    }

    /// How long to wait for an answer after sending a query for the `sends`-th time: one and a half round trips, more
    /// where they vary, then twice as long each time.
    func interval(afterSends sends: Int) -> Duration {
        var interval = self.first
        if let smoothed {
            interval = max(smoothed * 3 / 2, smoothed + self.variation * 4, Self.shortest)
        }
        for _ in 1..<max(1, min(sends, 16)) { interval *= 2 }
        return min(interval, Self.longest)
    }
}
