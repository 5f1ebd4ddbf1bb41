/// Decides whether and when a failed write is tried again.
///
/// The wait doubles from 0.1 s to 5 s and is shortened at random by up to a half, so that writes which failed together
/// don't return together. A server's own wish counts if it is longer. A host that can't be reached at all is tried four
/// times in all: those who sit before a screen want to know.
package struct RetryBackoff: Sendable {
    package static let first = Duration.milliseconds(100)
    package static let longest = Duration.seconds(5)
    package static let unreachableTries = 4

    private var wait = Self.first
    private var unreachable = 0

    package init() {}

    /// How long to wait before the next try, or `nil` if there is to be none; `jitter` is a random number in 0..<1.
    package mutating func delay(after failure: NetworkFailure, jitter: Double) -> Duration? {
        switch failure.code {
        case .unreachable:
            self.unreachable += 1
            guard self.unreachable < Self.unreachableTries else { return nil }
        case .timeout, .connectionLost, .serverFailure, .rateLimited: break
        default: return nil
        }
        let delay = self.wait * (1 - jitter / 2)
        self.wait = min(self.wait * 2, Self.longest)
        return max(delay, failure.retryAfter ?? .zero)
    }
}
