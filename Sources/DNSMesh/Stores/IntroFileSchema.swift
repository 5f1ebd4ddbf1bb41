import GRDB

extension NumberedSchema {
    /// The schema of `intros.db`, shared with the Python client (its version 1).
    ///
    /// Source: protocol documents, "Files on disk", section `intros.db`.
    static let introFile = NumberedSchema(version: 1) { database, _ in
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS intros (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    sender_spk BLOB NOT NULL,
                    msg_id BLOB NOT NULL,
                    plaintext BLOB NOT NULL,
                    sender_mailbox_domain TEXT NOT NULL,
                    sender_label TEXT NOT NULL DEFAULT '',
                    received_at INTEGER NOT NULL,
                    msg_exp INTEGER NOT NULL,
                    UNIQUE(sender_spk, msg_id)
                );
                CREATE INDEX IF NOT EXISTS idx_intros_received_at ON intros(received_at DESC);
                CREATE TABLE IF NOT EXISTS denylist (
                    sender_spk BLOB PRIMARY KEY,
                    blocked_at INTEGER NOT NULL,
                    note TEXT NOT NULL DEFAULT ''
                );
                """
        )
    }
}
