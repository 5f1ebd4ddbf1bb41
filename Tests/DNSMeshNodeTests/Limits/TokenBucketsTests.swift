import DNSWire
import Testing

@testable import DNSMeshNode

extension TokenBuckets {
    /// Takes tokens one after the other, and tells which there were.
    fileprivate mutating func take(each keys: [Key], at now: Duration = .zero) -> [Bool] {
        keys.map { self.take($0, at: now) }
    }
}

@Suite("Token buckets")
struct TokenBucketsTests {
    @Test("A bucket starts full, empties, and fills again at its rate")
    func refill() {
        var buckets = TokenBuckets<String>(RateLimit(perSecond: 2, burst: 3))
        let times = [
            10_000, 10_000, 10_000, 10_000, 10_400, 10_500, 10_500, 1_000_000, 1_000_000, 1_000_000, 1_000_000,
        ]
        let taken = times.map { buckets.take("a", at: .milliseconds($0)) }
        #expect(taken == [true, true, true, false, false, true, false, true, true, true, false])
    }

    @Test("Keys don't share tokens")
    func keys() {
        var buckets = TokenBuckets<String>(RateLimit(perSecond: 1, burst: 1))
        let taken = buckets.take(each: ["a", "b", "a", "b"])
        #expect(taken == [true, true, false, false])
    }

    @Test("A rate or burst of 0 or less is no limit", arguments: [(0.0, 5.0), (5, 0), (-1, -1)])
    func off(perSecond: Double, burst: Double) {
        var buckets = TokenBuckets<Int>(RateLimit(perSecond: perSecond, burst: burst))
        let taken = buckets.take(each: Array(repeating: 1, count: 1_000))
        #expect(!taken.contains(false) && buckets.count == 0)
    }

    @Test("The least recently used key goes when there are too many, and comes back with a full bucket")
    func eviction() {
        var buckets = TokenBuckets<Int>(RateLimit(perSecond: 0.001, burst: 1), capacity: 3)
        // 1 is used again, so that 4 drops 2; 2 comes back in the place of 1, and 1 in that of 3.
        let taken = buckets.take(each: [1, 2, 3, 1, 4, 3, 4, 2, 4, 1, 2, 3])
        #expect(taken == [true, true, true, false, true, false, false, true, false, true, false, true])
        #expect(buckets.count == 3)
    }

    @Test("Many keys keep to the capacity, and the newest are remembered")
    func manyKeys() {
        var buckets = TokenBuckets<Int>(RateLimit(perSecond: 0.001, burst: 1), capacity: 100)
        let first = buckets.take(each: Array(0..<10_000))
        let again = buckets.take(each: Array(9_900..<10_000))
        let oldest = buckets.take(each: [0])
        #expect(!first.contains(false) && !again.contains(true) && oldest == [true])
        #expect(buckets.count == 100)
    }

    @Test("A clock that goes back takes nothing away and gives nothing")
    func clockGoesBack() {
        var buckets = TokenBuckets<Int>(RateLimit(perSecond: 1, burst: 2))
        let taken = [100, 50, 50].map { buckets.take(1, at: .seconds($0)) }
        #expect(taken == [true, true, false])
    }

    @Test("An IPv6 address counts with its /56, an IPv4 address alone in either form")
    func sourceKeys() throws {
        func key(_ text: String) throws -> SourceKey { SourceKey(try #require(IPAddress(text))) }
        #expect(try key("2001:db8:0:1200::1") == key("2001:db8:0:12ff:ffff::9"))
        #expect(try key("2001:db8:0:1200::1") != key("2001:db8:0:1300::1"))
        #expect(try key("192.0.2.1") == key("::ffff:192.0.2.1"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
    }

    @Test("A client is told to wait until the next token", arguments: [(10.0, 1), (0.5, 2), (0.3, 4), (0.0001, 3_600)])
    func secondsPerToken(perSecond: Double, seconds: Int) {
        #expect(RateLimit(perSecond: perSecond, burst: 1).secondsPerToken == seconds)
        #expect(RateLimit.off.secondsPerToken == 1)
    }
}
