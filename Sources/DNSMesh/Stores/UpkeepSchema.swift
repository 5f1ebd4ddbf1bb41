import GRDB

extension StateStep {
    /// | Table | A row is |
    /// |---|---|
    /// | `own_prekeys` | a prekey that this folder holds or held, until it has expired: what isn't here is another's |
    /// | `prekey_terms` | how many prekeys the user wants, and for how long each is offered |
    /// | `publication_terms` | for how long an own identity record was published, and when |
    /// | `settled_time` | the time up to which things may be thrown away; see ``SettledTime`` |
    static let upkeep = StateStep { database in
        try database.execute(
            sql: """
                CREATE TABLE own_prekeys (
                    prekey_id INTEGER PRIMARY KEY,
                    expires INTEGER NOT NULL,
                    offered_from INTEGER NOT NULL DEFAULT 0,
                    offered_until INTEGER NOT NULL DEFAULT 0,
                    retired INTEGER NOT NULL DEFAULT 0
                );
                CREATE TABLE prekey_terms (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    target INTEGER NOT NULL,
                    lifetime INTEGER NOT NULL
                );
                CREATE TABLE publication_terms (
                    owner TEXT PRIMARY KEY,
                    lifetime INTEGER NOT NULL,
                    published INTEGER NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE settled_time (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    settled INTEGER NOT NULL,
                    candidate INTEGER NOT NULL DEFAULT 0
                );
                """
        )
    }
}
