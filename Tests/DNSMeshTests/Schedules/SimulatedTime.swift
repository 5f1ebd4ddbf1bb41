import DMPTesting
import DNSTransport
import Dispatch
import Synchronization

/// Runs the tasks of a simulated world one after another, in an order that a seed decides, and moves its clock to the next
/// sleeper whenever none of them can go on. What happens in it takes no real time.
final class SimulatedTime: TaskExecutor, Clock {
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
        var random: SeededRandom
        var lastID = 0
        var sleepers: [Sleeper] = []
        var cancelledEarly: Set<Int> = []

        mutating func nextJob() -> UnownedJob? {
            guard self.jobs.count > 1 else { return self.jobs.popLast() }
            self.jobs.swapAt(Int(self.random.next() % UInt64(self.jobs.count)), self.jobs.count - 1)
            return self.jobs.removeLast()
        }
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "simulated time")

    init(seed: UInt64) {
        self.state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    var now: Instant { self.state.withLock(\.now) }
    var minimumResolution: Duration { .zero }

    /// How many tasks sleep.
    var sleeperCount: Int { self.state.withLock(\.sleepers.count) }

    func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        defer { self.state.withLock { _ = $0.cancelledEarly.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = self.state.withLock { state in
                    if state.cancelledEarly.contains(id) { return true }
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
            if let job = self.state.withLock({ $0.nextJob() }) {
                // Each job is run once, and the executor lives as long as this call.
                unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
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
            let earliest = state.sleepers.indices.min { state.sleepers[$0].deadline < state.sleepers[$1].deadline }
            guard let earliest else { return nil }
            let sleeper = state.sleepers.remove(at: earliest)
            state.now = max(state.now, sleeper.deadline)
            return sleeper
        }
    }
}
