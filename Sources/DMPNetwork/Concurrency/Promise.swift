private import Synchronization

/// A value that comes once and that any number of tasks wait for.
package final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [AsyncStream<Value>.Continuation] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The value, if it has come.
    package var current: Value? { self.state.withLock(\.value) }

    /// Hands out the value. Later ones go nowhere.
    package func keep(_ value: Value) {
        let waiting = self.state.withLock { state -> [AsyncStream<Value>.Continuation] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting {
            continuation.yield(value)
            continuation.finish()
        }
    }

    /// Waits for the value.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before it comes.
    package func value() async throws(CancellationError) -> Value {
        let (values, continuation) = AsyncStream<Value>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let value = self.state.withLock { state -> Value? in
            if state.value == nil { state.waiting.append(continuation) }
            return state.value
        }
        if let value { return value }
        guard let value = await values.first(where: { _ in true }) else { throw CancellationError() }
        return value
    }
}
