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
            let queue = try DatabaseQueue(configuration: Self.configuration)
            try Self.migrate(queue, with: schema, path: "memory")
            return StoreDatabase(queue, path: "memory")
        } catch {
            throw MeshError(.storeUnusable, "no database in memory: \(error)", underlying: error)
        }
    }

    /// How long another program may hold the file. Each of ours, and of the reference, is done in a moment.
    private static let busySeconds = 10.0

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(Self.busySeconds)
        configuration.foreignKeysEnabled = false
        // A deleted key would stay in free pages otherwise.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        return configuration
    }

    private func openOnce() throws -> StoreDatabase {
        try self.refuseNewer()
        try PrivateFile.createIfMissing(self.url)
        let queue = try DatabaseQueue(path: self.url.path, configuration: Self.configuration)
        try Self.migrate(queue, with: self.schema, path: self.url.path)
        return StoreDatabase(queue, path: self.url.path)
    }

    /// Looks at the version without changing anything: opening for writing would change the file's header.
    private func refuseNewer() throws {
        guard FileManager.default.fileExists(atPath: self.url.path) else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(Self.busySeconds)
        let queue = try DatabaseQueue(path: self.url.path, configuration: configuration)
        let found = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        try queue.close()
        try Self.require(found, notAbove: self.schema.version, path: self.url.path)
    }

    private static func require(_ found: Int, notAbove known: Int, path: String) throws(MeshError) {
        guard found > known else { return }
        throw MeshError(
            .storeTooNew,
            "\(path) has schema \(found), this version knows \(known); update dnsmesh to use it"
        )
    }

    private static func migrate(_ queue: DatabaseQueue, with schema: NumberedSchema, path: String) throws {
        try queue.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                try Self.require(found, notAbove: schema.version, path: path)
                if found < schema.version {
                    try schema.migrate(database, found)
                    try database.execute(sql: "PRAGMA user_version = \(schema.version)")
                }
                return .commit
            }
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
