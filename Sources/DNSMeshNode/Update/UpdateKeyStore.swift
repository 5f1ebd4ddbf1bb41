internal import DMPProtocol
private import DNSWire
private import Foundation
private import GRDB

/// The database in which nodes of the reference keep the keys of those who have registered. It is only read.
///
/// Keys that are revoked or have expired don't count, nor do those with an algorithm that isn't known. A key without
/// suffixes may write nothing.
struct UpdateKeyStore: UpdateKeySource {
    let path: String
    let variable = "DMP_TSIG_DB_PATH"
    let now: @Sendable () -> UnixSeconds

    /// More than a node can have registered in years.
    private static let byteLimit = 64 * 1_048_576

    func readNow() throws(UpdateKeyFileError) -> [UpdateKey] {
        // Else SQLite would make one.
        try self.checkFile(byteLimit: Self.byteLimit)
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "update keys"
        do {
            let database = try DatabaseQueue(path: self.path, configuration: configuration)
            defer { try? database.close() }  // nothing was written
            return try database.read { try self.keys(in: $0) }
        } catch let error as DatabaseError {
            throw self.error("can't be read: \(error.message ?? "SQLite error \(error.resultCode.rawValue)")")
        } catch {
            throw self.error("can't be read: \(error)")
        }
    }

    private func keys(in db: Database) throws -> [UpdateKey] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT name, algorithm, secret, allowed_suffixes FROM tsig_keys
                WHERE revoked = 0 AND (expires_at = 0 OR expires_at > ?) ORDER BY created_at
                """,
            arguments: [Int64(clamping: self.now().rawValue)]
        )
        var keys: [UpdateKey] = []
        while let row = try rows.next() {
            if let key = Self.key(row) { keys.append(key) }
        }
        return keys
    }

    private static func key(_ row: Row) -> UpdateKey? {
        guard let name = String.fromDatabaseValue(row[0]).flatMap(Self.name),
            let algorithm = String.fromDatabaseValue(row[1]).flatMap({ TSIGAlgorithm($0) }),
            let secret = Data.fromDatabaseValue(row[2]),
            let key = TSIGKey(name: name, algorithm: algorithm, secret: [UInt8](secret))
        else { return nil }
        let suffixes = (String.fromDatabaseValue(row[3]) ?? "").split(separator: "\n").compactMap { suffix in
            Self.name(suffix.drop { $0 == "." || $0 == " " }.lowercased())
        }
        return UpdateKey(key: key, scope: UpdateScope(suffixes))
    }

    private static func name(_ text: String) -> DNSName? {
        guard !text.isEmpty, text != "." else { return nil }
        do throws(DNSNameError) { return try DNSName(text) } catch { return nil }
    }
}
