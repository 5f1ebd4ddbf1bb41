import DMPNetwork
import DNSTransport
import Testing

@Suite("The health of resolvers")
struct ResolverHealthTests {
    private func order(_ upstreams: [ResolverHealth], at milliseconds: Int, threshold: Int = 1) -> [Int] {
        let order = ResolverHealth.order(
            of: upstreams,
            at: ErasedClock.at(milliseconds),
            threshold: threshold,
            coolDown: .seconds(60)
        )
        return order.preferred + order.others
    }

    private func failed(_ instants: Int...) -> ResolverHealth {
        var health = ResolverHealth()
        for instant in instants { health.failed(at: ErasedClock.at(instant)) }
        return health
    }

    @Test("The configured order holds for the preferred; the others follow, oldest failure first")
    func order() {
        let fresh = ResolverHealth()
        #expect(self.order([fresh, fresh, fresh], at: 0) == [0, 1, 2])
        #expect(self.order([self.failed(20), fresh, self.failed(10)], at: 100) == [1, 2, 0])
        #expect(self.order([self.failed(10), self.failed(10)], at: 100) == [0, 1])
    }

    @Test("The cool-down gives back the place, and the next failure takes it away again")
    func coolDown() {
        var first = self.failed(0)
        #expect(self.order([first, ResolverHealth()], at: 59_999) == [1, 0])
        #expect(self.order([first, ResolverHealth()], at: 60_000) == [0, 1])
        #expect(first.consecutiveFailures == 1)
        first.failed(at: ErasedClock.at(60_000))
        #expect(first.consecutiveFailures == 2)
        #expect(self.order([first, ResolverHealth()], at: 60_001) == [1, 0])
        first.succeeded(at: ErasedClock.at(60_002))
        #expect(self.order([first, ResolverHealth()], at: 60_003) == [0, 1])
    }

    @Test("A threshold allows failures in a row below it")
    func threshold() {
        #expect(self.order([self.failed(1, 2), ResolverHealth()], at: 3, threshold: 3) == [0, 1])
        #expect(self.order([self.failed(1, 2, 3), ResolverHealth()], at: 3, threshold: 3) == [1, 0])
    }

    @Test("A success that is told late doesn't end failures after it")
    func lateSuccess() {
        var health = self.failed(10)
        health.succeeded(at: ErasedClock.at(5))
        #expect(health.consecutiveFailures == 1)
        #expect(health.lastSuccess == ErasedClock.at(5))
        health.succeeded(at: ErasedClock.at(10))
        #expect(health.consecutiveFailures == 0)
    }
}

@Suite("The delay before the next resolver is asked")
struct HedgePolicyTests {
    @Test("It begins with a guess and learns from round trips, within bounds")
    func learning() {
        var policy = HedgePolicy()
        #expect(policy.delay == .milliseconds(200))
        #expect(policy.roundTrip == nil)
        policy.learn(.milliseconds(40))
        #expect(policy.delay == .milliseconds(120))  // 40 + 4 * 20
        for _ in 0..<100 { policy.learn(.milliseconds(40)) }
        #expect(policy.delay > .milliseconds(39) && policy.delay < .milliseconds(41))
        policy.learn(.milliseconds(140))
        #expect(policy.delay > .milliseconds(100))
        for _ in 0..<100 { policy.learn(.seconds(4)) }
        #expect(policy.delay == .milliseconds(300))
        for _ in 0..<200 { policy.learn(.seconds(-1)) }
        #expect(policy.delay == .milliseconds(20))
        #expect(policy.patience == .seconds(1))
        for _ in 0..<100 { policy.learn(.seconds(4)) }
        #expect(policy.patience == .milliseconds(1200))
    }
}
