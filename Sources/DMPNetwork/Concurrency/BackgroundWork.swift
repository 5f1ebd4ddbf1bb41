private import Synchronization

/// Owns operations that may go on after their caller has its answer: the late half of a hedged query, or of a write that
/// has its quorum.
///
/// ``run()`` has to go on as long as operations are performed. Those that come before it wait for it.
package final class BackgroundWork: Sendable {
    /// Takes the one answer of an operation to its caller. Later answers go nowhere.
    package struct Reply<Value: Sendable>: Sendable {
        fileprivate let continuation: AsyncStream<Value>.Continuation

        package func send(_ value: Value) {
            self.continuation.yield(value)
            self.continuation.finish()
        }
    }

    private typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation
    private let underWay = Mutex(0)

    /// - Parameter backlog: How many operations wait for ``run()`` to take them, at most.
    package init(backlog: Int = 1024) {
        (self.jobs, self.queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(backlog))
    }

    /// How many operations run now, those without a caller included.
    package var count: Int { self.underWay.withLock(\.self) }

    /// Runs until it is cancelled, which cancels all operations, or until ``finish()`` was called and all have ended.
    ///
    /// To be called once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            // A cancelled stream still hands out what it holds, so that no caller waits in vain.
            for await job in self.jobs {
                group.addTask { await job() }
            }
        }
    }

    /// Lets no further operation begin.
    package func finish() {
        self.queue.finish()
    }

    /// Starts an operation that nobody waits for.
    ///
    /// - Returns: `false` if the backlog is full, or ``run()`` or ``finish()`` has ended the work.
    @discardableResult
    package func start(_ operation: @escaping @Sendable () async -> Void) -> Bool {
        let result = self.queue.yield {
            self.underWay.withLock { $0 += 1 }
            await operation()
            self.underWay.withLock { $0 -= 1 }
        }
        guard case .enqueued = result else { return false }
        return true
    }

    /// Starts an operation and waits for its answer, after which it may go on.
    ///
    /// The operation is cancelled if the caller is cancelled before it has the answer.
    ///
    /// - Returns: `nil` if the operation ended without an answer or couldn't be started.
    /// - Throws: `CancellationError` if the caller is cancelled.
    package func perform<Value: Sendable>(
        _ operation: @escaping @Sendable (Reply<Value>) async -> Void
    ) async throws(CancellationError) -> Value? {
        guard !Task.isCancelled else { throw CancellationError() }
        let (answers, answer) = AsyncStream<Value>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let (presence, departure) = AsyncStream<Never>.makeStream()
        let isStarted = self.start {
            await withTaskGroup { group in
                group.addTask { await operation(Reply(continuation: answer)) }
                group.addTask { for await _ in presence {} }
                await group.next()
                group.cancelAll()
            }
            answer.finish()
        }
        guard isStarted else { return nil }
        let value = await withTaskCancellationHandler {
            await answers.first { _ in true }
        } onCancel: {
            departure.finish()
        }
        if value == nil, Task.isCancelled { throw CancellationError() }
        return value
    }
}
