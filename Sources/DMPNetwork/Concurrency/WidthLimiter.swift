private import Synchronization

/// Lets a bounded number of operations run at the same time; the others wait in the order in which they came.
///
/// Invariant: at most ``width`` permits are out, and each that is out comes back, whether its operation returns, throws
/// or is cancelled.
package final class WidthLimiter: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var width: Int
        var running = 0
        var lastID: UInt64 = 0
        var waiters: [Waiter] = []
        var cancelledEarly: Set<UInt64> = []

        /// Takes the permits that are free for those who wait longest.
        mutating func admit() -> [Waiter] {
            let admitted = Array(self.waiters.prefix(max(0, self.width - self.running)))
            self.waiters.removeFirst(admitted.count)
            self.running += admitted.count
            return admitted
        }
    }

    private let state: Mutex<State>

    /// - Parameter width: How many may run at the same time, at least 1.
    package init(width: Int) {
        self.state = Mutex(State(width: max(1, width)))
    }

    /// How many may run at the same time. A smaller value takes effect as permits come back.
    package var width: Int {
        get { self.state.withLock(\.width) }
        set {
            let admitted = self.state.withLock { state in
                state.width = max(1, newValue)
                return state.admit()
            }
            for waiter in admitted { waiter.continuation.resume(returning: true) }
        }
    }

    /// How many operations run, and how many wait.
    package var load: (running: Int, waiting: Int) {
        self.state.withLock { ($0.running, $0.waiters.count) }
    }

    /// Runs `operation` as soon as a permit is free.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits, and what `operation` throws.
    package func withPermit<Value>(_ operation: () async throws -> Value) async throws -> Value {
        try await self.takePermit()
        defer { self.returnPermit() }
        return try await operation()
    }

    /// Takes a permit if one is free and nobody waits for it.
    ///
    /// - Returns: Whether it was taken; ``leave()`` must follow then.
    package func tryEnter() -> Bool {
        self.state.withLock { state in
            guard state.running < state.width, state.waiters.isEmpty else { return false }
            state.running += 1
            return true
        }
    }

    /// Gives back what ``tryEnter()`` has taken.
    package func leave() {
        self.returnPermit()
    }

    private func takePermit() async throws(CancellationError) {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let admitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = self.enter(Waiter(id: id, continuation: continuation)) {
                    continuation.resume(returning: answer)
                }
            }
        } onCancel: {
            self.cancel(id)
        }
        self.state.withLock { _ = $0.cancelledEarly.remove(id) }
        guard admitted else { throw CancellationError() }
    }

    /// Whether the newcomer may run, or `nil` if it waits.
    private func enter(_ waiter: Waiter) -> Bool? {
        self.state.withLock { state in
            if state.cancelledEarly.contains(waiter.id) { return false }
            guard state.running < state.width else {
                state.waiters.append(waiter)
                return nil
            }
            state.running += 1
            return true
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter = self.state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)  // not in the line yet, or already admitted
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func returnPermit() {
        let admitted = self.state.withLock { state in
            state.running -= 1
            return state.admit()
        }
        for waiter in admitted { waiter.continuation.resume(returning: true) }
    }
}
