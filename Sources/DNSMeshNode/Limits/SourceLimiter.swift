internal import DNSTransport
internal import DNSWire
private import Synchronization

/// The token buckets of the source addresses of one service.
final class SourceLimiter: Sendable {
    private let buckets: Mutex<TokenBuckets<SourceKey>>
    private let isOff: Bool
    private let clock: ErasedClock

    init(_ limit: RateLimit, clock: ErasedClock) {
        self.buckets = Mutex(TokenBuckets(limit))
        self.isOff = limit.isOff
        self.clock = clock
    }

    /// Whether `source` may make one more request now.
    func admits(_ source: IPAddress) -> Bool {
        guard !self.isOff else { return true }
        let now = self.clock.now.offset
        return self.buckets.withLock { $0.take(SourceKey(source), at: now) }
    }
}

/// Whom an address counts as: an IPv4 address itself, an IPv6 address with all others of its /56.
struct SourceKey: Hashable, Sendable {
    private let network: UInt64
    private let isIPv6: Bool

    init(_ address: IPAddress) {
        switch address.unmapped {
        case .v4(let address): (self.network, self.isIPv6) = (UInt64(address.rawValue), false)
        case .v6(let address): (self.network, self.isIPv6) = (address.high >> 8, true)
        }
    }
}
