import DMPNetwork
import Testing

@Suite("When a manifest is looked up again")
struct RefreshPolicyTests {
    @Test("No interval, or none above zero, means never", arguments: [nil, Duration.zero, .seconds(-1)])
    func off(interval: Duration?) {
        #expect(RefreshPolicy(interval: interval) == nil)
    }

    @Test(
        "The wait doubles after failures up to the interval, and is half of what is left before an expiry",
        arguments: [(0, 86_400, 60), (0, 40, 20), (0, 0, 5), (1, 86_400, 5), (3, 0, 20), (5, 0, 60), (.max, 0, 60)]
    )
    func waits(failures: Int, expiry: Int, expected: Int) throws {
        let policy = try #require(RefreshPolicy(interval: .seconds(60)))
        let wait = policy.delay(afterFailures: failures, untilExpiry: .seconds(expiry), jitter: 0.5)
        #expect(abs(wait / .seconds(expected) - 1) < 1e-9)
    }

    @Test("Jitter is a tenth in both directions")
    func jitter() throws {
        let policy = try #require(RefreshPolicy(interval: .seconds(100)))
        let waits = [0, 1].map { policy.delay(afterFailures: 0, untilExpiry: .seconds(9999), jitter: $0) }
        #expect(abs(waits[0] / .seconds(90) - 1) < 1e-9)
        #expect(abs(waits[1] / .seconds(110) - 1) < 1e-9)
    }
}
