import Synchronization

/// A clock that stands still until a test moves it, so that no test waits for real time.
package final class ManualClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        package var offset: Duration

        package func advanced(by duration: Duration) -> Self { Self(offset: self.offset + duration) }
        package func duration(to other: Self) -> Duration { other.offset - self.offset }
        package static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    private enum Wake {
        case now
        case cancelled
        case later(watchers: [CheckedContinuation<Void, Never>])
    }

    private struct Sleeper {
        let id: Int
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var lastID = 0
        var sleepers: [Sleeper] = []
        var cancelledEarly: Set<Int> = []
        var watchers: [Watcher] = []

        /// How many tasks sleep until `end` at the latest.
        func sleeperCount(until end: Instant?) -> Int {
            guard let end else { return self.sleepers.count }
            return self.sleepers.count { $0.deadline <= end }
        }
    }

    private struct Watcher {
        let count: Int
        let end: Instant?
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Instant { self.state.withLock(\.now) }
    package var minimumResolution: Duration { .zero }

    /// How many tasks sleep on this clock now.
    package var sleeperCount: Int { self.state.withLock(\.sleepers.count) }

    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                switch self.enter(Sleeper(id: id, deadline: deadline, continuation: continuation)) {
                case .now: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .later(let watchers): for watcher in watchers { watcher.resume() }
                }
            }
        } onCancel: {
            self.cancel(id)
        }
    }

    /// Moves the time forward and wakes every task whose deadline has come, earliest first.
    package func advance(by duration: Duration) {
        let woken = self.state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.deadline <= state.now }.sorted { $0.deadline < $1.deadline }
            state.sleepers.removeAll { $0.deadline <= state.now }
            return due
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Returns once at least `count` tasks sleep on this clock; if `duration` is given, once so many will wake within it.
    package func waitForSleepers(_ count: Int = 1, dueWithin duration: Duration? = nil) async {
        await withCheckedContinuation { continuation in
            let ready = self.state.withLock { state in
                let end = duration.map { state.now.advanced(by: $0) }
                if state.sleeperCount(until: end) >= count { return true }
                state.watchers.append(Watcher(count: count, end: end, continuation: continuation))
                return false
            }
            if ready { continuation.resume() }
        }
    }

    private func enter(_ sleeper: Sleeper) -> Wake {
        self.state.withLock { state in
            if state.cancelledEarly.remove(sleeper.id) != nil { return .cancelled }
            if sleeper.deadline <= state.now { return .now }
            state.sleepers.append(sleeper)
            let ready = state.watchers.filter { $0.count <= state.sleeperCount(until: $0.end) }.map(\.continuation)
            state.watchers.removeAll { [state] in $0.count <= state.sleeperCount(until: $0.end) }
            return .later(watchers: ready)
        }
    }

    private func cancel(_ id: Int) {
        let sleeper = self.state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
