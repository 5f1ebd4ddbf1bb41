import Dispatch

/// Work that blocks its thread, such as waiting for a file lock.
package enum BlockingWork {
    /// Runs `work` on a thread of its own, away from those that tasks share.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        if let gate = StoreAccess.gate { return try await gate.access(work) }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
        }
    }
}
