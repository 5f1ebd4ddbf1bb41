import DNSTransport
import Testing

/// Cancels an operation at its first suspension, and again from the start at its second, until it ends before that.
enum CancelEverywhere {
    /// - Parameters:
    ///   - make: Lays out what the operation works on, on a clock of its own. What it starts belongs to the group.
    ///   - operation: Is cancelled.
    ///   - check: Is called once all has settled, with the result of the operation.
    /// - Returns: At how many places it was cancelled.
    /// - Throws: What `make` and `check` throw.
    static func run<World: Sendable, Value: Sendable>(
        _ make: @escaping @Sendable (ErasedClock, inout TaskGroup<Void>) async throws -> World,
        operation: @escaping @Sendable (World) async throws -> Value,
        check: @escaping @Sendable (World, Result<Value, any Error>, ErasedClock) async throws -> Void
    ) async throws -> Int {
        for place in 1...5_000 {
            let wasCancelled = try await VirtualTime.run { clock, time in
                let outcome = await withTaskGroup(of: Void.self) { group -> Result<Bool, any Error> in
                    defer { group.cancelAll() }
                    do {
                        let world = try await make(clock, &group)
                        let task = Task(executorPreference: time) { try await operation(world) }
                        time.interrupt(after: place) { task.cancel() }
                        let result = await task.result
                        let wasCancelled = !time.endInterruption()
                        try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
                        try await check(world, result, clock)
                        return .success(wasCancelled)
                    } catch {
                        return .failure(error)
                    }
                }
                return try outcome.get()
            }
            guard wasCancelled else { return place - 1 }
        }
        Issue.record("the operation doesn't end")
        return 0
    }
}

extension Result {
    /// Whether it is a value, or the error that says that the task was cancelled.
    var isValueOrCancellation: Bool {
        switch self {
        case .success: true
        case .failure(let error): error is CancellationError
        }
    }
}
