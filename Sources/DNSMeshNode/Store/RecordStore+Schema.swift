private import DMPCrypto
internal import GRDB

/// The table of the records: that of the reference, and a column by which names below a name are found.
///
/// | Column          | Content                                                                         |
/// |-----------------|---------------------------------------------------------------------------------|
/// | `name`          | owner in lower case, no final dot                                               |
/// | `value`         | the joined text of the TXT record                                               |
/// | `ttl`           | seconds, as asked                                                               |
/// | `created_at`    | Unix seconds of the last write                                                  |
/// | `expires_at`    | `created_at` + `ttl`                                                            |
/// | `stored_ts`     | Unix milliseconds of the last write here; a later write has a higher number     |
/// | `value_hash`    | SHA-256 of the value in hexadecimal digits                                      |
/// | `reversed_name` | labels from the root down, a dot after each; empty where another program wrote  |
///
/// Source: protocol documents, "The DMP node", section 3.1.
enum RecordSchema {
    /// Kept in `user_version`. A file of the reference has 0.
    static let version = 1

    /// Brings the database up to date. Runs in the transaction of its caller.
    static func migrate(_ db: Database, path: String) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= self.version else {
            throw RecordStoreError.newerSchema(path, found: found, known: self.version)
        }
        if found < 1 { try self.migrateToVersion1(db) }
        try self.completeForeignRows(db)
        try self.dropRedundantIndexes(db)
    }

    /// The primary key begins with `name`, and the index of pages with `stored_ts`: the reference's indexes of these alone
    /// only make writing slower. It makes them again when it opens the file.
    private static func dropRedundantIndexes(_ db: Database) throws {
        try db.execute(sql: "DROP INDEX IF EXISTS idx_records_name; DROP INDEX IF EXISTS idx_records_stored_ts;")
    }

    private static func migrateToVersion1(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS records (
                    name TEXT NOT NULL,
                    value TEXT NOT NULL,
                    ttl INTEGER NOT NULL,
                    created_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL,
                    PRIMARY KEY (name, value)
                )
                """
        )
        let columns = try Set(db.columns(in: "records").map(\.name))
        let additions = [
            ("stored_ts", "INTEGER NOT NULL DEFAULT 0"), ("value_hash", "TEXT NOT NULL DEFAULT ''"),
            ("reversed_name", "TEXT NOT NULL DEFAULT ''"),
        ]
        for (name, type) in additions where !columns.contains(name) {
            try db.execute(sql: "ALTER TABLE records ADD COLUMN \(name) \(type)")
        }
        try db.execute(
            sql: """
                UPDATE records SET stored_ts = created_at WHERE stored_ts <= 0;
                UPDATE records SET stored_ts = stored_ts * 1000 WHERE stored_ts BETWEEN 1 AND 999999999999;
                CREATE INDEX IF NOT EXISTS idx_records_expires ON records(expires_at);
                CREATE INDEX IF NOT EXISTS idx_records_page ON records(stored_ts, name, value_hash);
                CREATE INDEX IF NOT EXISTS idx_records_reversed ON records(reversed_name, expires_at);
                PRAGMA user_version = 1;
                """
        )
    }

    /// Another program may have written to the file since: its rows lack what only this one keeps.
    private static func completeForeignRows(_ db: Database) throws {
        let rowIDs = try Int64.fetchAll(
            db,
            sql: "SELECT rowid FROM records WHERE reversed_name = '' AND name <> '' AND value IS NOT NULL"
        )
        guard !rowIDs.isEmpty else { return }
        let select = try db.makeStatement(
            sql: "SELECT CAST(name AS TEXT), CAST(value AS TEXT) FROM records WHERE rowid = ?"
        )
        let update = try db.makeStatement(
            sql: "UPDATE OR REPLACE records SET name = ?, reversed_name = ?, value_hash = ? WHERE rowid = ?"
        )
        for rowID in rowIDs {
            // A row may be gone already, replaced by one whose name differed in case.
            guard let row = try Row.fetchOne(select, arguments: [rowID]), let name = row[0] as String?,
                let value = row[1] as String?
            else { continue }
            let lowercased = String(decoding: name.utf8.map(\.lowercasedASCII), as: UTF8.self)
            try update.execute(arguments: [lowercased, self.reversed(lowercased), self.hash(value), rowID])
        }
    }

    /// `slot-1.mb.example` becomes `example.mb.slot-1.`
    static func reversed(_ name: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.utf8.count + 1)
        for label in name.utf8.split(separator: UInt8(ascii: ".")).reversed() {
            bytes.append(contentsOf: label)
            bytes.append(UInt8(ascii: "."))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func hash(_ value: String) -> String {
        Hexadecimal.encode(SHA256.hash(Array(value.utf8)))
    }
}
