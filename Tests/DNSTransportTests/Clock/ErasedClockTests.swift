import DMPTesting
import DNSTransport
import Testing

@Suite("Erased clocks and deadlines")
struct ErasedClockTests {
    private struct Failure: Error {}

    @Test("An erased clock counts from the instant at which it was erased")
    func now() async throws {
        let manual = ManualClock()
        manual.advance(by: .seconds(5))
        let clock = ErasedClock(manual)
        #expect(clock.now.offset == .zero)
        manual.advance(by: .seconds(2))
        #expect(clock.now.offset == .seconds(2))
        #expect(clock.now.advanced(by: .seconds(1)).duration(to: clock.now) == .seconds(-1))
        #expect(clock.minimumResolution == .zero)
        try await clock.sleep(until: clock.now)
        #expect(ErasedClock.continuous.now <= ErasedClock.continuous.now)
    }

    @Test("It sleeps as long as the clock beneath")
    func sleep() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        async let slept: Void = clock.sleep(until: clock.now.advanced(by: .seconds(3)))
        await manual.waitForSleepers()
        manual.advance(by: .seconds(2))
        #expect(manual.sleeperCount == 1)
        manual.advance(by: .seconds(1))
        try await slept
    }

    @Test("An operation that ends in time gives its result")
    func inTime() async throws {
        let clock = ErasedClock(ManualClock())
        let deadline = clock.now.advanced(by: .seconds(1))
        #expect(try await withDeadline(deadline, on: clock) { 42 } == 42)
        await #expect(throws: Failure.self) { try await withDeadline(deadline, on: clock) { throw Failure() } }
    }

    @Test("An operation that takes longer is cancelled, and the caller told why")
    func tooLate() async {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        async let error = thrownError {
            try await withDeadline(clock.now.advanced(by: .seconds(1)), on: clock) {
                try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
            }
        }
        await manual.waitForSleepers(2)
        manual.advance(by: .seconds(1))
        #expect(await error is DeadlineExceeded)
    }

    @Test("A result that comes in spite of the deadline is not thrown away")
    func lastMoment() async throws {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        async let result = withDeadline(clock.now.advanced(by: .seconds(1)), on: clock) {
            do {
                try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
                return "slept"
            } catch {
                return "woken"
            }
        }
        await manual.waitForSleepers(2)
        manual.advance(by: .seconds(1))
        #expect(try await result == "woken")
    }

    @Test("Cancellation passes through as it is")
    func cancellation() async {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await withDeadline(clock.now.advanced(by: .seconds(1)), on: clock) {
                        try await clock.sleep(until: clock.now.advanced(by: .seconds(10)))
                    }
                }
            }
            await manual.waitForSleepers(2)
            group.cancelAll()
        }
    }
}
