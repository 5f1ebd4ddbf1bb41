import Synchronization

/// Wakes its owner when the earliest of many deadlines has come, with one sleeping task for all of them.
///
/// The owner keeps the deadlines. It calls ``wake(for:)`` for each new one and answers, each time that it is asked,
/// which comes next.
package final class DeadlineLoop: Sendable {
    private let clock: ErasedClock
    private let events: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    /// The instants that tasks sleep for, the earliest last.
    private let armed = Mutex<[ErasedClock.Instant]>([])

    package init(clock: ErasedClock) {
        self.clock = clock
        (self.events, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Makes sure that the loop looks at its deadlines at `instant` at the latest.
    package func wake(for instant: ErasedClock.Instant) {
        let isEarliest = self.armed.withLock { $0.last.map { instant < $0 } ?? true }
        if isEarliest { self.signal.yield() }
    }

    /// Runs until it is cancelled.
    ///
    /// - Parameter fire: Does what is due at the given instant, and returns the next deadline.
    package func run(_ fire: @Sendable (ErasedClock.Instant) -> ErasedClock.Instant?) async {
        self.signal.yield()
        await withDiscardingTaskGroup { group in
            for await _ in self.events {
                guard let next = fire(self.clock.now), self.arm(next) else { continue }
                group.addTask { await self.sleep(until: next) }
            }
            group.cancelAll()
        }
    }

    private func sleep(until instant: ErasedClock.Instant) async {
        do {
            try await self.clock.sleep(until: instant)
        } catch {
            return  // the loop was cancelled
        }
        self.armed.withLock { $0.removeAll { $0 == instant } }
        self.signal.yield()
    }

    /// Notes `instant` unless a task wakes up before it anyway.
    private func arm(_ instant: ErasedClock.Instant) -> Bool {
        self.armed.withLock { armed in
            if let earliest = armed.last, earliest <= instant { return false }
            armed.append(instant)
            return true
        }
    }
}
