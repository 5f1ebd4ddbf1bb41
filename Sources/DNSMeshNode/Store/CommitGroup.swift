internal import GRDB
private import Synchronization

/// Carries out writes that come at the same time in one transaction, which is one write to the disk for all of them.
///
/// Each write has its own verdict. If a transaction fails, its writes are tried once more one by one, so that one that
/// can't be done takes no other with it. Nobody is answered before the transaction is on disk.
final class CommitGroup: Sendable {
    /// One write. `run` is called again if its transaction fails.
    struct Write: Sendable {
        /// - Returns: The names it has changed, and what tells its caller that all is on disk.
        let run: @Sendable (Database) throws -> (changed: [RecordName], confirm: @Sendable () -> Void)
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let didCommit: @Sendable ([RecordName]) -> Void

    /// The most writes of one transaction: bounds how long the first of them waits.
    private static let maximumCount = 256

    /// - Parameters:
    ///   - pool: Where it writes.
    ///   - didCommit: Called with the changed names when they can be read, before anybody is told.
    init(pool: DatabasePool, didCommit: @escaping @Sendable ([RecordName]) -> Void) {
        self.pool = pool
        self.didCommit = didCommit
    }

    /// Carries out `body` in a transaction, alone or with others.
    ///
    /// - Parameter body: Returns its value, and the names it has changed.
    /// - Returns: The value, once the change is on disk.
    /// - Throws: What `body` throws, or the error of the database.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> (Value, changed: [RecordName])
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.write(body) { continuation.resume(with: $0) }
        }
    }

    /// As ``write(_:)``; calls `done` on the thread of the database, which it should leave soon.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> (Value, changed: [RecordName]),
        done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.submit(
            Write { db in
                let (value, changed) = try body(db)
                return (changed, { done(.success(value)) })
            } fail: { error in
                done(.failure(error))
            }
        )
    }

    private func submit(_ write: Write) {
        let isFirst = self.state.withLock { state in
            state.waiting.append(write)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { self.pool.asyncWriteWithoutTransaction { self.drain($0) } }
    }

    private func drain(_ db: Database) {
        while let writes = self.next() {
            guard writes.count > 1, !self.commit(writes, in: db) else {
                if writes.count == 1 { self.commitAlone(writes[0], in: db) }
                continue
            }
            for write in writes { self.commitAlone(write, in: db) }
        }
    }

    /// - Returns: What waits; `nil` if nothing does.
    private func next() -> [Write]? {
        self.state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            let writes = Array(state.waiting.prefix(Self.maximumCount))
            state.waiting.removeFirst(writes.count)
            return writes
        }
    }

    /// - Returns: `false` if nothing was written, and nobody told.
    private func commit(_ writes: [Write], in db: Database) -> Bool {
        var changed: [RecordName] = []
        var confirmations: [@Sendable () -> Void] = []
        do {
            try db.inTransaction(.immediate) {
                for write in writes {
                    let done = try write.run(db)
                    changed += done.changed
                    confirmations.append(done.confirm)
                }
                return .commit
            }
        } catch {
            return false
        }
        self.didCommit(changed)
        for confirm in confirmations { confirm() }
        return true
    }

    private func commitAlone(_ write: Write, in db: Database) {
        do {
            var done: (changed: [RecordName], confirm: @Sendable () -> Void)?
            try db.inTransaction(.immediate) {
                done = try write.run(db)
                return .commit
            }
            guard let done else { return }
            self.didCommit(done.changed)
            done.confirm()
        } catch {
            write.fail(error)
        }
    }
}
