import DMPNetwork
import Testing

@Suite("When to try again")
struct RetryBackoffTests {
    private func failure(_ code: NetworkFailure.Code, retryAfter: Duration? = nil) -> NetworkFailure {
        NetworkFailure(code, "test", retryAfter: retryAfter)
    }

    @Test("The wait doubles up to five seconds")
    func growth() {
        var backoff = RetryBackoff()
        let waits = (0..<9).map { _ in backoff.delay(after: self.failure(.serverFailure), jitter: 0) }
        #expect(waits == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000].map { .milliseconds($0) })
    }

    @Test("Chance shortens it by up to a half")
    func jitter() {
        var backoff = RetryBackoff()
        #expect(backoff.delay(after: self.failure(.timeout), jitter: 0.5) == .milliseconds(75))
        #expect(backoff.delay(after: self.failure(.connectionLost), jitter: 1) == .milliseconds(100))
    }

    @Test("What the server asks for counts if it is longer")
    func retryAfter() {
        var backoff = RetryBackoff()
        #expect(backoff.delay(after: self.failure(.rateLimited, retryAfter: .seconds(3)), jitter: 0) == .seconds(3))
        let short = self.failure(.rateLimited, retryAfter: .zero)
        #expect(backoff.delay(after: short, jitter: 0) == .milliseconds(200))
    }

    @Test("An unreachable host is tried four times in all")
    func unreachable() {
        var backoff = RetryBackoff()
        let waits = (0..<4).map { _ in backoff.delay(after: self.failure(.unreachable), jitter: 0) }
        #expect(waits == [.milliseconds(100), .milliseconds(200), .milliseconds(400), nil])
    }

    @Test(
        "What won't change isn't tried again",
        arguments: [
            .closed, .malformedAnswer, .unexpectedAnswer, .refused, .unauthorized, .tooLarge, .insecureCredential,
        ] as [NetworkFailure.Code]
    )
    func never(code: NetworkFailure.Code) {
        var backoff = RetryBackoff()
        #expect(backoff.delay(after: self.failure(code), jitter: 0) == nil)
    }
}
