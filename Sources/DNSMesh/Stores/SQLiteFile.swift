import DMPProtocol
import Foundation
import GRDB
import Logging

/// A schema that is numbered in `PRAGMA user_version`, as the files shared with other clients demand.
struct NumberedSchema: Sendable {
    /// The version that this code writes. A file with a higher one is left alone.
    let version: Int
    /// Brings a database from an older version to ``version``, inside a transaction.
    let migrate: @Sendable (_ database: Database, _ from: Int) throws -> Void
}

/// Opens SQLite files so that only their owner can read them, and keeps damaged ones aside.
struct SQLiteFile {
    let url: URL
    let schema: NumberedSchema
    let now: UnixSeconds
    let logger: Logger

    /// Opens the file, makes it if it is missing, and migrates it.
    ///
    /// A file that is no database is renamed to `<name>.broken-<time>` and a new one is made.
    func open() throws(MeshError) -> StoreDatabase {
        do {
            return try self.openOnce()
        } catch let error as DatabaseError where Self.meansDamage(error) {
            try self.keepAside()
            do { return try self.openOnce() } catch { throw self.unusable(error) }
        } catch let error as MeshError {
            throw error
        } catch {
            throw self.unusable(error)
        }
    }

    static func openInMemory(_ schema: NumberedSchema) throws(MeshError) -> StoreDatabase {
        do {
            let queue = try DatabaseQueue(configuration: Self.configuration { try Self.settle($0) })
            try queue.writeWithoutTransaction { try Self.migrate($0, with: schema, path: StoreDatabase.memory) }
            return StoreDatabase(queue, path: StoreDatabase.memory)
        } catch {
            throw MeshError(.storeUnusable, "no database in memory: \(error)", underlying: error)
        }
    }

    /// How long another program may hold the file. Each of ours, and of the reference, is done in a moment.
    static let busyMilliseconds = 10_000

    private static func configuration(_ prepare: @escaping @Sendable (Database) throws -> Void) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(Self.busyMilliseconds) / 1_000)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase(prepare)
        return configuration
    }

    /// A deleted key would stay in free pages otherwise.
    private static func settle(_ database: Database) throws {
        try database.execute(sql: "PRAGMA secure_delete = ON")
    }

    /// A file that is up to date is not written to by this, so that there is nothing to bring to the disk when it is closed.
    /// (GRDB's own way to a write-ahead log makes and drops a table.)
    private func openOnce() throws -> StoreDatabase {
        try PrivateFile.createIfMissing(self.url)
        let (schema, path) = (self.schema, self.url.path)
        let configuration = Self.configuration { database in
            // Before anything else: a file of a newer version is left as it is.
            try Self.require(Self.version(of: database), notAbove: schema.version, path: path)
            try Self.settle(database)
            try Self.fillIfEmpty(database, with: schema, path: path)
            try Self.keepLog(database, path: path)
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try Self.migrate($0, with: schema, path: path) }
        return StoreDatabase(queue, path: path)
    }

    private static func version(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }

    private static func require(_ found: Int, notAbove known: Int, path: String) throws(MeshError) {
        guard found > known else { return }
        throw MeshError(
            .storeTooNew,
            "\(path) has schema \(found), this version knows \(known); update dnsmesh to use it"
        )
    }

    /// Makes the tables of a file that holds none, without waiting for the disk: a loss of power costs an empty file.
    private static func fillIfEmpty(_ database: Database, with schema: NumberedSchema, path: String) throws {
        guard try Int.fetchOne(database, sql: "PRAGMA page_count") == 0 else { return }
        try database.execute(sql: "PRAGMA synchronous = OFF")
        try self.migrate(database, with: schema, path: path)
    }

    private static func keepLog(_ database: Database, path: String) throws {
        guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw MeshError(.storeUnusable, "\(path) can't have a write-ahead log; keep it on a local disk")
        }
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
    }

    private static func migrate(_ database: Database, with schema: NumberedSchema, path: String) throws {
        guard try self.version(of: database) != schema.version else { return }
        try database.inTransaction(.immediate) {
            let found = try self.version(of: database)
            try self.require(found, notAbove: schema.version, path: path)
            if found < schema.version {
                try schema.migrate(database, found)
                try database.execute(sql: "PRAGMA user_version = \(schema.version)")
            }
            return .commit
        }
    }

    private static func meansDamage(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
    }

    private func keepAside() throws(MeshError) {
        let aside = self.url.appendingPathExtension("broken-\(self.now.rawValue)")
        do {
            try FileManager.default.moveItem(at: self.url, to: aside)
            for suffix in ["-wal", "-shm"] {
                let sibling = URL(fileURLWithPath: self.url.path + suffix)
                guard FileManager.default.fileExists(atPath: sibling.path) else { continue }
                try FileManager.default.moveItem(at: sibling, to: URL(fileURLWithPath: aside.path + suffix))
            }
        } catch {
            throw self.unusable(error)
        }
        self.logger.warning("\(self.url.path) is damaged; kept as \(aside.path), a new one was made")
    }

    private func unusable(_ error: any Error) -> MeshError {
        MeshError(using: self.url.path, failed: error)
    }
}

extension MeshError {
    /// A file can't be used: another program holds it, or it can't be read or written.
    init(using path: String, failed error: any Error) {
        if let error = error as? DatabaseError, error.resultCode == .SQLITE_BUSY {
            let text = "\(path) is in use by another program, which does not let go of it; end it, then try again"
            self.init(.busy, text, underlying: error)
        } else {
            let text = "can't use \(path): \(PrivateFile.reason(error)); check its rights and the disk"
            self.init(.storeUnusable, text, underlying: error)
        }
    }
}
