import GRDB

extension StateStep {
    /// | Table | A row is |
    /// |---|---|
    /// | `succession_records` | a rotation or revocation of a contact, kept so that nobody can hide it again |
    /// | `successors_in_use` | a key of a contact that has taken the place of another and was seen in use |
    /// | `rotation_switches` | whether the rotations of a contact are followed; the empty name stands for all |
    /// | `own_successions` | a rotation or revocation of the own identity, to be published again before it fades |
    /// | `former_identities` | an own key that was replaced, sealed, kept for the mail that is on its way to it |
    /// | `rotation_plan` | the one rotation of the own identity that is under way, sealed |
    static let rotation = StateStep { database in
        try database.execute(
            sql: """
                CREATE TABLE succession_records (
                    subject TEXT NOT NULL,
                    value BLOB NOT NULL,
                    PRIMARY KEY (subject, value)
                ) WITHOUT ROWID;
                CREATE TABLE successors_in_use (
                    subject TEXT NOT NULL,
                    old_key BLOB NOT NULL,
                    new_key BLOB NOT NULL,
                    PRIMARY KEY (subject, old_key, new_key)
                ) WITHOUT ROWID;
                CREATE TABLE rotation_switches (
                    contact TEXT PRIMARY KEY,
                    enabled INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE own_successions (
                    owner TEXT NOT NULL,
                    value BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (owner, value)
                ) WITHOUT ROWID;
                CREATE TABLE former_identities (
                    user_id BLOB PRIMARY KEY,
                    sealed BLOB NOT NULL,
                    until INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE rotation_plan (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    old_key BLOB NOT NULL,
                    new_key BLOB NOT NULL,
                    done INTEGER NOT NULL,
                    sealed BLOB NOT NULL
                );
                """
        )
    }
}
