import GRDB

extension NumberedSchema {
    /// The schema of `prekeys.db`, shared with the Python client (its version 2).
    ///
    /// Source: protocol documents, "Files on disk", section `prekeys.db`.
    static let prekeys = NumberedSchema(version: 2) { database, found in
        if found < 1 {
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS prekeys (
                        prekey_id INTEGER PRIMARY KEY,
                        private_key BLOB NOT NULL,
                        public_key BLOB NOT NULL,
                        exp INTEGER NOT NULL,
                        created_at INTEGER NOT NULL
                    );
                    CREATE INDEX IF NOT EXISTS idx_prekeys_exp ON prekeys(exp);
                    """
            )
        }
        // Files from before versions were numbered may have the column already.
        let columns = try database.columns(in: "prekeys").map(\.name)
        if !columns.contains("wire_record") {
            try database.execute(sql: "ALTER TABLE prekeys ADD COLUMN wire_record TEXT DEFAULT ''")
        }
    }
}
