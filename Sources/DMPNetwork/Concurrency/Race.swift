package import DNSTransport

/// Decides about an operation that asks several targets: whom to ask when, and what their answers amount to.
///
/// A value without clock, task or socket; ``drive(clock:ask:step:)`` carries out what it decides.
package protocol Race {
    associatedtype Answer: Sendable

    /// Takes note of the time.
    ///
    /// - Returns: The targets to be asked now. None is ever named twice.
    mutating func advance(to now: ErasedClock.Instant) -> [Int]

    /// Takes note that the question to `target` has ended, with `nil` if it was cancelled.
    mutating func ended(_ target: Int, with answer: Answer?, at now: ErasedClock.Instant)

    /// When to call ``advance(to:)`` next, if nothing happens before.
    var nextWake: ErasedClock.Instant? { get }

    /// Whether nothing is to be waited for any more.
    var isOver: Bool { get }
}

private enum RaceEvent<Answer: Sendable>: Sendable {
    case ended(target: Int, answer: Answer?)
    case woken
}

extension Race {
    /// Runs the race until it is over, or the task is cancelled, or `step` says so. Ends all questions then.
    ///
    /// - Parameters:
    ///   - clock: What the instants belong to.
    ///   - ask: Asks one target.
    ///   - step: Is called each time that something was decided. Returns whether to go on.
    package mutating func drive(
        clock: ErasedClock,
        ask: @escaping @Sendable (Int) async throws(CancellationError) -> Answer,
        step: (inout Self) async -> Bool
    ) async {
        await withTaskGroup(of: RaceEvent<Answer>.self) { group in
            defer { group.cancelAll() }
            var armed: [ErasedClock.Instant] = []
            while !Task.isCancelled {
                for target in self.advance(to: clock.now) {
                    group.addTask {
                        do throws(CancellationError) {
                            return .ended(target: target, answer: try await ask(target))
                        } catch {
                            return .ended(target: target, answer: nil)
                        }
                    }
                }
                guard await step(&self), !self.isOver else { return }
                let now = clock.now
                armed.removeAll { $0 <= now }
                if let wake = self.nextWake, armed.allSatisfy({ wake < $0 }) {
                    armed.append(wake)
                    group.addTask {
                        // The end of the race wakes the sleeper too, and nobody asks why.
                        do { try await clock.sleep(until: wake) } catch {}
                        return .woken
                    }
                }
                guard let event = await group.next() else { return }
                if Task.isCancelled { return }
                if case .ended(let target, let answer) = event { self.ended(target, with: answer, at: clock.now) }
            }
        }
    }
}
