import DNSTransport
import Dispatch
import Synchronization

/// Runs tasks one after another, and moves its own clock to the next sleeper whenever none of them can go on. What happens
/// in it takes no real time, and happens at exact instants.
final class VirtualTime: TaskExecutor, Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let id: Int
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var isRunning = false
        var jobs: [UnownedJob] = []
        var lastID = 0
        var sleepers: [Sleeper] = []
        var cancelledEarly: Set<Int> = []
        var interruption: (stepsLeft: Int, action: @Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "virtual time")

    /// Runs `body` with all its tasks, on a clock that begins at zero.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (ErasedClock) async throws -> Value
    ) async throws -> Value {
        try await self.run { clock, _ in try await body(clock) }
    }

    /// The same, for a body that also steers the time.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (ErasedClock, VirtualTime) async throws -> Value
    ) async throws -> Value {
        let time = VirtualTime()
        return try await withTaskExecutorPreference(time) {
            let clock = ErasedClock(time)
            return try await body(clock, time)
        }
    }

    // MARK: Interruption

    /// Calls `action` once `steps` more steps have been taken: what tasks do from one suspension to the next.
    func interrupt(after steps: Int, _ action: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.interruption = (steps, action) }
    }

    /// - Returns: Whether the action was still to be called.
    func endInterruption() -> Bool {
        self.state.withLock { state in
            defer { state.interruption = nil }
            return state.interruption != nil
        }
    }

    private func countStep() {
        let action = self.state.withLock { state -> (@Sendable () -> Void)? in
            guard let interruption = state.interruption else { return nil }
            state.interruption?.stepsLeft -= 1
            guard interruption.stepsLeft <= 1 else { return nil }
            state.interruption = nil
            return interruption.action
        }
        action?()
    }

    // MARK: Clock

    var now: Instant { self.state.withLock(\.now) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = self.state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil { return true }
                    state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
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

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustStart = self.state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { self.queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let job = self.state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
            if let job {
                // Each job is run once, and the executor lives as long as this call.
                unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
                self.countStep()
            } else if let sleeper = self.nextSleeper() {
                sleeper.continuation.resume()
            } else if self.state.withLock({ state in
                state.isRunning = !state.jobs.isEmpty
                return !state.isRunning
            }) {
                return
            }
        }
    }

    /// Moves the time to the earliest sleeper, if nothing else is to be done.
    private func nextSleeper() -> Sleeper? {
        self.state.withLock { state in
            guard state.jobs.isEmpty else { return nil }
            guard
                let index = state.sleepers.indices.min(by: { state.sleepers[$0].deadline < state.sleepers[$1].deadline }
                )
            else { return nil }
            let sleeper = state.sleepers.remove(at: index)
            state.now = max(state.now, sleeper.deadline)
            return sleeper
        }
    }
}
