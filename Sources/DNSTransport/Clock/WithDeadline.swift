/// The time given to an operation is over.
public struct DeadlineExceeded: Error, Hashable, Sendable {
    public init() {}
}

/// Runs an operation that is cancelled at `deadline`.
///
/// - Returns: What the operation returned, even if it came at the last moment.
/// - Throws: ``DeadlineExceeded`` if the deadline came first; else what the operation throws. Cancellation of the caller
///   reaches the operation, which decides what to make of it.
package func withDeadline<Value: Sendable>(
    _ deadline: ErasedClock.Instant,
    on clock: ErasedClock,
    _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: DeadlineRaceEvent<Value>.self) { group in
        group.addTask {
            do { return .ended(.success(try await operation())) } catch { return .ended(.failure(error)) }
        }
        group.addTask {
            do { try await clock.sleep(until: deadline) } catch { return .clockStopped }
            return .deadline
        }
        var isOver = false
        while let event = try await group.next() {
            switch event {
            case .ended(.success(let value)):
                group.cancelAll()
                return value
            case .ended(.failure(let error)):
                group.cancelAll()
                throw isOver ? DeadlineExceeded() : error
            case .deadline:
                isOver = true
                group.cancelAll()
            case .clockStopped: break
            }
        }
        throw CancellationError()
    }
}

private enum DeadlineRaceEvent<Value: Sendable>: Sendable {
    case ended(Result<Value, any Error>)
    case deadline
    case clockStopped
}
