import DMPProtocol
import Foundation
package import GRDB

/// A SQLite database whose failures come out as ``MeshError``, naming the file.
///
/// Each call is one transaction, on the database's own queue.
package struct StoreDatabase: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    init(_ queue: DatabaseQueue, path: String) {
        self.queue = queue
        self.path = path
    }

    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await self.access { try Self.transaction("BEGIN DEFERRED", $0, body) }
    }

    package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await self.access { try Self.transaction("BEGIN IMMEDIATE", $0, body) }
    }

    /// Writes even if the task was cancelled: for what must be given back in any case.
    func writeEvenIfCancelled<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            if let gate = StoreAccess.gate {
                return try await gate.access(evenIfCancelled: true) { try self.queue.write(body) }
            }
            return try await withCheckedThrowingContinuation { continuation in
                self.queue.asyncWrite(body) { continuation.resume(with: $1) }
            }
        } catch {
            throw self.mapped(error)
        }
    }

    private func access<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            guard let gate = StoreAccess.gate else { return try await self.queue.writeWithoutTransaction(work) }
            return try await gate.access { try self.queue.writeWithoutTransaction(work) }
        } catch {
            throw self.mapped(error)
        }
    }

    /// Does work in a transaction. Unlike GRDB's own reads, this leaves the prepared statements as they are: those change
    /// a pragma before and after each, which makes SQLite prepare all of them again.
    private static func transaction<Value>(
        _ begin: String,
        _ database: Database,
        _ work: (Database) throws -> Value
    ) throws -> Value {
        try database.execute(cached: begin)
        do {
            let value = try work(database)
            try database.execute(cached: "COMMIT")
            return value
        } catch {
            try database.rollback()
            throw error
        }
    }

    /// Brings the write-ahead log into the file and empties it, as it holds what was deleted since. Where another process
    /// uses the log, it stays for the next time, or until the last process closes the file.
    func emptyLog() async throws {
        guard self.path != Self.memory else { return }
        try await self.access { database in
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            let outcome = Result { try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try database.execute(sql: "PRAGMA busy_timeout = \(SQLiteFile.busyMilliseconds)")
            _ = try outcome.get()
        }
    }

    /// In place of the path of a database that is in no file.
    static let memory = "memory"

    /// Closes the file, so that its log becomes part of it.
    func close() throws(MeshError) {
        do { try self.queue.close() } catch { throw MeshError(using: self.path, failed: error) }
    }

    private func mapped(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is MeshError: error
        default: MeshError(using: self.path, failed: error)
        }
    }
}

extension Row {
    /// The bytes in a column; a value of another type is an error and not a trap.
    func bytes(_ column: String) throws -> [UInt8] {
        [UInt8](try self.decode(Data.self, forColumn: column))
    }

    /// Lends the bytes in a column where SQLite has them, which a copy in ordinary memory would outlive. Only of a row that
    /// a cursor stands on: other rows are copies.
    func lendingBytes<Value>(_ column: String, _ body: (Span<UInt8>) throws -> Value) throws -> Value {
        try self.withUnsafeData(named: column) { data in
            guard let data else { throw DatabaseError(resultCode: .SQLITE_MISMATCH, message: "no bytes in \(column)") }
            return try body(data.span)
        }
    }

    /// The time in a column, in Unix seconds; negative ones count as 0.
    func seconds(_ column: String) throws -> UnixSeconds {
        UnixSeconds(rawValue: UInt64(clamping: try self.decode(Int64.self, forColumn: column)))
    }
}

extension UnixSeconds {
    /// The time as SQLite keeps it.
    var stored: Int64 { Int64(clamping: self.rawValue) }
}
