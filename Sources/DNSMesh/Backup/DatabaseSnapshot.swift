package import Foundation
import GRDB

/// Copies of SQLite files at one moment, also while other processes write to them.
package enum DatabaseSnapshot {
    /// Copies the database at `source` to a new file, through SQLite, so that its log is part of it.
    ///
    /// - Throws: ``MeshError`` naming the file that can't be used.
    package static func copy(_ source: URL, to target: URL) throws(MeshError) {
        do {
            try PrivateFile.createIfMissing(target)
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            let from = try DatabaseQueue(path: source.path, configuration: configuration)
            let to = try DatabaseQueue(path: target.path, configuration: configuration)
            try from.backup(to: to)
            // One file, without a log beside it.
            try to.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try to.close()
            try from.close()
        } catch {
            throw MeshError(using: source.path, failed: error)
        }
    }

    /// Whether SQLite finds the file whole.
    package static func verify(_ url: URL) throws(MeshError) {
        do {
            let queue = try DatabaseQueue(path: url.path)
            let finding = try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") ?? "" }
            try queue.close()
            guard finding == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding) }
        } catch {
            throw MeshError(using: url.path, failed: error)
        }
    }
}
