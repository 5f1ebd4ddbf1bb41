/// Decides when a cluster's manifest is looked up again.
///
/// Every wait is lengthened or shortened by up to a tenth, so that clients which started together spread out. After a
/// failure the wait is 5 seconds and doubles up to the interval. A manifest that expires sooner is looked up half way.
public struct RefreshPolicy: Hashable, Sendable {
    /// The first wait after a failure, and the shortest one before an expiry.
    public static let firstRetry = Duration.seconds(5)
    /// The longest interval. A longer one is shortened to it.
    public static let longestInterval = Duration.seconds(30 * 86_400)

    /// The time between two refreshes when all is well.
    public let interval: Duration

    /// - Returns: `nil`, which means never, unless there is an interval above zero.
    public init?(interval: Duration?) {
        guard let interval, interval > .zero else { return nil }
        self.interval = min(interval, Self.longestInterval)
    }

    /// How long to wait before the next refresh.
    ///
    /// - Parameters:
    ///   - failures: How many refreshes have failed since the last one that didn't.
    ///   - expiry: How long the manifest in use still counts.
    ///   - jitter: A random number in 0..<1.
    /// - Returns: The time until then.
    public func delay(afterFailures failures: Int, untilExpiry expiry: Duration, jitter: Double) -> Duration {
        var wait = self.interval
        if failures > 0 {
            wait = min(Self.firstRetry, self.interval)
            for _ in 1..<min(failures, 64) where wait < self.interval { wait = min(wait * 2, self.interval) }
        } else {
            wait = min(wait, max(Self.firstRetry, expiry / 2))
        }
        return wait * (0.9 + 0.2 * min(max(jitter, 0), 1))
    }
}
