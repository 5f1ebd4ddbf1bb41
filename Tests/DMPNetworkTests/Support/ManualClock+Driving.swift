import DMPTesting
import DNSTransport

extension ManualClock {
    /// Runs `operation` and moves the time forward by `step` whenever a single task sleeps.
    ///
    /// While a request is under way two tasks sleep (the deadline and the try), while a writer pauses it is one.
    func driving<Value: Sendable>(
        by step: Duration,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                while !Task.isCancelled {
                    if self.sleeperCount == 1 { self.advance(by: step) }
                    await Task.yield()
                }
                return nil
            }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw CancellationError()
        }
    }
}
