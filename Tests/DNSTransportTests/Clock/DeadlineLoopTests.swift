import DMPTesting
import Synchronization
import Testing

@testable import DNSTransport

@Suite("One task for many deadlines")
struct DeadlineLoopTests {
    /// Deadlines, and when they fired.
    private final class Owner: Sendable {
        let loop: DeadlineLoop
        let fired = EventLog<Duration>()
        private let deadlines = Mutex<[ErasedClock.Instant]>([])

        init(clock: ErasedClock) {
            self.loop = DeadlineLoop(clock: clock)
        }

        func add(_ deadline: ErasedClock.Instant) {
            self.deadlines.withLock { $0.append(deadline) }
            self.loop.wake(for: deadline)
        }

        func fire(at now: ErasedClock.Instant) -> ErasedClock.Instant? {
            let (due, next) = self.deadlines.withLock { deadlines in
                let due = deadlines.filter { $0 <= now }
                deadlines.removeAll { $0 <= now }
                return (due, deadlines.min())
            }
            for instant in due { self.fired.append(instant.offset) }
            return next
        }
    }

    @Test("Each deadline fires in its turn, one set earlier than the others too")
    func order() async {
        let manual = ManualClock()
        let clock = ErasedClock(manual)
        let owner = Owner(clock: clock)
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await owner.loop.run { owner.fire(at: $0) } }
            owner.add(start.advanced(by: .seconds(5)))
            await manual.waitForSleepers(1)
            owner.add(start.advanced(by: .seconds(9)))
            owner.add(start.advanced(by: .seconds(2)))
            await manual.waitForSleepers(2)
            manual.advance(by: .seconds(2))
            #expect(await owner.fired.first(1) == [.seconds(2)])
            manual.advance(by: .seconds(3))
            #expect(await owner.fired.first(2) == [.seconds(2), .seconds(5)])
            manual.advance(by: .seconds(100))
            #expect(await owner.fired.first(3) == [.seconds(2), .seconds(5), .seconds(9)])
            group.cancelAll()
        }
        #expect(manual.sleeperCount == 0)
    }
}
