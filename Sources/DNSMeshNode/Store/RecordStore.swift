private import DMPCrypto
package import DMPProtocol
private import Foundation
internal import GRDB

/// The TXT values of the node, kept in one SQLite file.
///
/// Writing appends: a name holds any number of values, and the same value again only gets a new lifetime. Expired values
/// are invisible at once, and deleted by ``removeExpired(now:)``. Writes that come at the same time share a transaction.
/// Whatever writes goes through ``write(_:)``, so that ``answers`` never holds what a write has overtaken.
///
/// Source: protocol documents, "The DMP node", section 3.1.
package struct RecordStore: Sendable {
    private let pool: DatabasePool
    private let commits: CommitGroup
    let limits: RecordLimits
    /// The DNS answers that were made of the records lately.
    let answers: AnswerCache

    private init(pool: DatabasePool, limits: RecordLimits) {
        let answers = AnswerCache()
        self.pool = pool
        self.commits = CommitGroup(pool: pool) { answers.forget($0) }
        self.limits = limits
        self.answers = answers
    }

    /// Opens the store in the file at `path`, and makes it if there is none.
    ///
    /// The file gets mode 0600, before anything is written. Missing folders above it are made with mode 0700.
    ///
    /// - Returns: The store, its schema up to date.
    /// - Throws: ``RecordStoreError``. A file that can't be used is left as it is.
    package static func open(at path: String, limits: RecordLimits) async throws(RecordStoreError) -> RecordStore {
        try StoreFile.prepare(at: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "records"
        do {
            let tables = try Self.makeTables(at: path, configuration)
            let pool = try DatabasePool(path: path, configuration: configuration)
            try tables?.close()
            try await pool.write { try RecordSchema.migrate($0, path: path) }
            return RecordStore(pool: pool, limits: limits)
        } catch let error as RecordStoreError {
            throw error
        } catch let error as DatabaseError {
            throw .unreadable(path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        } catch {
            throw .unreadable(path, reason: "\(error)")
        }
    }

    /// Makes the tables of an empty file without waiting for the disk, six times for some milliseconds each: a loss of
    /// power costs tables in which nothing is.
    ///
    /// - Returns: What keeps the log in place until others use it.
    private static func makeTables(at path: String, _ configuration: Configuration) throws -> DatabaseQueue? {
        guard try SecretFile.status(path).byteCount == 0 else { return nil }
        var configuration = configuration
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { try RecordSchema.migrate($0, path: path) }
        return queue
    }

    /// Ends the use of the file. Later calls fail.
    package func close() throws {
        try self.pool.close()
    }

    /// Adds a value, or gives a value that is there a new lifetime. A lifetime has at most 2³¹ − 1 seconds.
    ///
    /// - Returns: Whether the limits on the values of one name allowed it.
    /// - Throws: The error of the database.
    package func publish(
        _ value: String,
        at name: RecordName,
        lifetime: UInt32,
        now: UnixSeconds
    ) async throws -> PublishOutcome {
        try await withCheckedThrowingContinuation { continuation in
            self.publish(value, at: name, lifetime: lifetime, now: now) { continuation.resume(with: $0) }
        }
    }

    /// As ``publish(_:at:lifetime:now:)``; calls `done` on the thread of the database.
    func publish(
        _ value: String,
        at name: RecordName,
        lifetime: UInt32,
        now: UnixSeconds,
        done: @escaping @Sendable (Result<PublishOutcome, any Error>) -> Void
    ) {
        let seconds = Self.column(now)
        self.commits.write(
            { [limits] db in
                let outcome = try Self.outcome(of: value, at: name, limits: limits, now: seconds, in: db)
                guard outcome == .stored else { return (outcome, []) }
                let storedTime = try Self.nextStoredTime(after: seconds, in: db)
                try Self.insert(
                    value,
                    at: name,
                    lifetime: lifetime,
                    now: seconds,
                    storedTime: storedTime,
                    in: db
                )
                return (.stored, [name])
            },
            done: done
        )
    }

    /// Adds a value, or gives it a new lifetime, whatever the limits say. The stored time is that of
    /// ``nextStoredTime(after:in:)``, and one more for each further value of a transaction.
    static func insert(
        _ value: String,
        at name: RecordName,
        lifetime: UInt32,
        now: Int64,
        storedTime: Int64,
        in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO records
                (name, value, ttl, created_at, expires_at, stored_ts, value_hash, reversed_name)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            name.text, value, Int64(lifetime), now, now + Int64(lifetime),
            storedTime, RecordSchema.hash(value), RecordSchema.reversed(name.text),
        ])
    }

    /// Deletes one value, or all values of a name.
    ///
    /// - Returns: Whether there was one, expired values included.
    package func delete(_ value: String?, at name: RecordName) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            self.delete(value, at: name) { continuation.resume(with: $0) }
        }
    }

    /// As ``delete(_:at:)``; calls `done` on the thread of the database.
    func delete(
        _ value: String?,
        at name: RecordName,
        done: @escaping @Sendable (Result<Bool, any Error>) -> Void
    ) {
        self.commits.write(
            { db in
                try Self.delete(value, at: name, in: db)
                return (db.changesCount > 0, [name])
            },
            done: done
        )
    }

    /// Deletes one value, or all values of a name.
    static func delete(_ value: String?, at name: RecordName, in db: Database) throws {
        if let value {
            let statement = try db.cachedStatement(sql: "DELETE FROM records WHERE name = ? AND value = ?")
            try statement.execute(arguments: [name.text, value])
        } else {
            let statement = try db.cachedStatement(sql: "DELETE FROM records WHERE name = ?")
            try statement.execute(arguments: [name.text])
        }
    }

    /// Changes records in a transaction, which may be shared with other changes.
    ///
    /// - Parameter body: Returns its value, and all names it has changed. Called once more if the transaction fails, as it
    ///   does when one of the others throws: what is merely not allowed is better returned than thrown.
    /// - Returns: The value, once the change is on disk.
    /// - Throws: What `body` throws, or the error of the database; nothing is written then.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> (Value, changed: [RecordName])
    ) async throws -> Value {
        try await self.commits.write(body)
    }

    /// The live values of a name, in the order of writing.
    package func values(at name: RecordName, now: UnixSeconds) async throws -> [StoredValue] {
        try await withCheckedThrowingContinuation { continuation in
            self.values(at: name, now: now) { continuation.resume(with: $0) }
        }
    }

    /// As ``values(at:now:)``; calls `done` on a thread of the database.
    func values(
        at name: RecordName,
        now: UnixSeconds,
        done: @escaping @Sendable (Result<[StoredValue], any Error>) -> Void
    ) {
        let seconds = Self.column(now)
        self.pool.asyncRead { db in
            done(Result { try Self.values(at: name, now: seconds, in: db.get()) })
        }
    }

    /// What is known about a name.
    func find(_ name: RecordName, now: UnixSeconds) async throws -> StoredName {
        try await self.look(up: name, now: now).found
    }

    /// What is known about a name, and when an expiry may change that.
    func look(up name: RecordName, now: UnixSeconds) async throws -> (found: StoredName, ends: UnixSeconds) {
        let seconds = Self.column(now)
        return try await self.pool.read { db in
            let values = try Self.values(at: name, now: seconds, in: db)
            if let left = values.map(\.secondsLeft).min() { return (.values(values), now.adding(left)) }
            guard let left = try Self.lifeOfDescendant(name, now: seconds, in: db) else {
                return (.absent, UnixSeconds(rawValue: .max))
            }
            return (.onlyDescendants, now.adding(left))
        }
    }

    /// Deletes what has expired.
    ///
    /// - Returns: How many values that were.
    @discardableResult
    package func removeExpired(now: UnixSeconds) async throws -> Int {
        let seconds = Self.column(now)
        var count = 0
        while true {
            // In steps, so that nobody who publishes waits for all of it.
            let step = try await self.write { db in
                let statement = try db.cachedStatement(
                    sql:
                        "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires_at <= ? LIMIT 1000)"
                )
                try statement.execute(arguments: [seconds])
                return (db.changesCount, [])
            }
            count += step
            guard step > 0 else { return count }
        }
    }

    /// How many live values there are.
    package func count(now: UnixSeconds) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            self.count(now: now) { continuation.resume(with: $0) }
        }
    }

    /// As ``count(now:)``; calls `done` on a thread of the database.
    func count(now: UnixSeconds, done: @escaping @Sendable (Result<Int, any Error>) -> Void) {
        let seconds = Self.column(now)
        self.pool.asyncRead { db in
            done(
                Result {
                    let sql = "SELECT COUNT(*) FROM records WHERE expires_at > ?"
                    return try Int.fetchOne(db.get(), sql: sql, arguments: [seconds]) ?? 0
                }
            )
        }
    }
}
