import GRDB

extension StateStep {
    /// | Table | A row is |
    /// |---|---|
    /// | `intros` | a message of a stranger, its content sealed under the storage key; `mirrored` ones lie in `intros.db` too |
    /// | `verifications` | a keyed digest of both parties' keys, whose safety code the user has compared |
    /// | `publishing_places` | a zone in which a pinned key was seen to publish |
    static let introsAndVerifications = StateStep { database in
        try database.execute(
            sql: """
                CREATE TABLE intros (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    sender_key BLOB NOT NULL,
                    message_id BLOB NOT NULL,
                    sealed BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    mirrored INTEGER NOT NULL DEFAULT 0,
                    UNIQUE (sender_key, message_id)
                );
                CREATE TABLE verifications (mark BLOB PRIMARY KEY) WITHOUT ROWID;
                CREATE TABLE publishing_places (
                    signer BLOB NOT NULL,
                    kind TEXT NOT NULL,
                    zone TEXT NOT NULL,
                    seen INTEGER NOT NULL,
                    PRIMARY KEY (signer, kind, zone)
                ) WITHOUT ROWID;
                """
        )
    }
}
