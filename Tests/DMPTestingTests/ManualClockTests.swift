import DMPTesting
import Testing

@Suite("The clock that tests move", .timeLimit(.minutes(1)))
struct ManualClockTests {
    @Test("A sleeper wakes when its time has come, and not before")
    func wakes() async throws {
        let clock = ManualClock()
        let start = clock.now
        async let early: Void = clock.sleep(until: start.advanced(by: .seconds(1)))
        async let late: Void = clock.sleep(until: start.advanced(by: .seconds(3)))
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(2))
        try await early
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .seconds(1))
        try await late
        #expect(clock.sleeperCount == 0 && start.duration(to: clock.now) == .seconds(3))
    }

    @Test("A test can wait for a sleeper that wakes soon, whoever else sleeps")
    func dueWithin() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(1))
        async let late: Void = clock.sleep(until: clock.now.advanced(by: .seconds(3)))
        await clock.waitForSleepers()
        async let found: Void = clock.waitForSleepers(dueWithin: .seconds(2))
        async let early: Void = clock.sleep(until: clock.now.advanced(by: .seconds(2)))
        await found
        clock.advance(by: .seconds(2))
        try await early
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .seconds(1))
        try await late
    }

    @Test("A time that has passed needs no waiting")
    func past() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(1))
        try await clock.sleep(until: clock.now)
    }

    @Test("A cancelled sleeper leaves at once, also if it was cancelled before it slept")
    func cancelled() async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(until: clock.now.advanced(by: .seconds(1))) }
        await clock.waitForSleepers()
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await clock.sleep(until: clock.now.advanced(by: .seconds(1)))
                }
            }
        }
        #expect(clock.sleeperCount == 0)
    }
}
