/// Learns from the round trips of one upstream how long to wait for it before the next one is asked too.
///
/// The delay is the smoothed round trip and four times its mean deviation, as in RFC 6298, section 2, within bounds. It
/// grows no longer than ``longest``: where a slow upstream and a fast one are listed, asking both is cheap, and waiting
/// for the slow one isn't.
package struct HedgePolicy: Hashable, Sendable {
    /// The delay before anything was learnt.
    package static let firstGuess = Duration.milliseconds(200)
    package static let shortest = Duration.milliseconds(20)
    package static let longest = Duration.milliseconds(300)
    /// A query whose datagram was lost is sent again and answered within this.
    package static let shortestPatience = Duration.seconds(1)

    /// The smoothed round trip; `nil` before the first.
    package private(set) var roundTrip: Duration?
    private var deviation = Duration.zero

    package init() {}

    /// Learns from one answer that took `sample`. Failures teach nothing.
    package mutating func learn(_ sample: Duration) {
        let sample = max(.zero, sample)
        guard let roundTrip = self.roundTrip else {
            self.roundTrip = sample
            self.deviation = sample / 2
            return
        }
        let distance = sample > roundTrip ? sample - roundTrip : roundTrip - sample
        self.deviation = (self.deviation * 3 + distance) / 4
        self.roundTrip = (roundTrip * 7 + sample) / 8
    }

    /// How long to wait for an answer before the next upstream is asked too.
    package var delay: Duration {
        guard let roundTrip = self.roundTrip else { return Self.firstGuess }
        return min(max(roundTrip + self.deviation * 4, Self.shortest), Self.longest)
    }

    /// How long to wait for a second opinion on an absence that decides something, once there is a first.
    ///
    /// Its floor keeps one lost datagram from leaving the decision to a single upstream, which may lie.
    package var patience: Duration { max(self.delay * 4, Self.shortestPatience) }
}
