/// How many requests one source may make: `burst` at once, `perSecond` in the long run.
public struct RateLimit: Hashable, Sendable {
    public var perSecond: Double
    public var burst: Double

    /// No limit.
    public static let off = RateLimit(perSecond: 0, burst: 0)

    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// Whether there is no limit: either number is 0 or less.
    public var isOff: Bool { self.perSecond <= 0 || self.burst <= 0 }
}

extension RateLimit {
    /// How long an empty bucket waits for its next token: whole seconds, 1 at least and 3,600 at most.
    var secondsPerToken: Int {
        guard !self.isOff else { return 1 }
        return Int(min(max((1 / self.perSecond).rounded(.up), 1), 3_600))
    }
}
