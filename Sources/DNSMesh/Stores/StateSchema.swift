import GRDB

/// One step of the schema of `state.db`: brings a file of the version before to its own number.
///
/// Steps are only ever added. The number of a step is its place in ``all``, counted from 1.
struct StateStep: Sendable {
    let apply: @Sendable (Database) throws -> Void

    static let all: [StateStep] = [
        .messagesAndPublications, .rotation, .upkeep, .introsAndVerifications, .outboxOwners,
    ]
}

extension NumberedSchema {
    /// The schema of `state.db`, which only this client uses.
    static let state = NumberedSchema(version: StateStep.all.count) { database, found in
        for step in StateStep.all.dropFirst(found) { try step.apply(database) }
    }
}

extension StateStep {
    /// | Table | A row is |
    /// |---|---|
    /// | `inbox` | a received message, its content sealed under the storage key |
    /// | `seen` | a message that must not be delivered again before it expires |
    /// | `hopeless` | a message that can never be opened, so that its chunks aren't fetched again |
    /// | `spent_prekeys` | a prekey whose message is stored and whose private half must go |
    /// | `withdrawals` | a published value that must be deleted at its node |
    /// | `outbox` | the sealed records of a message whose manifest isn't acknowledged |
    /// | `drawn_prekeys` | a prekey of a contact that was used for a message |
    /// | `publications` | a value of an own identity, to be withdrawn when the next one is out |
    static let messagesAndPublications = StateStep { database in
        try database.execute(
            sql: """
                CREATE TABLE inbox (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    sender_key BLOB NOT NULL,
                    message_id BLOB NOT NULL,
                    sealed BLOB NOT NULL,
                    acknowledged INTEGER NOT NULL DEFAULT 0,
                    UNIQUE (sender_key, message_id)
                );
                CREATE INDEX inbox_waiting ON inbox(acknowledged, id);
                CREATE INDEX inbox_message ON inbox(message_id);
                CREATE TABLE seen (
                    sender_key BLOB NOT NULL,
                    message_id BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (sender_key, message_id)
                ) WITHOUT ROWID;
                CREATE TABLE hopeless (
                    sender_key BLOB NOT NULL,
                    message_id BLOB NOT NULL,
                    zone TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (sender_key, message_id, zone)
                ) WITHOUT ROWID;
                CREATE TABLE spent_prekeys (
                    prekey_id INTEGER PRIMARY KEY,
                    spent INTEGER NOT NULL,
                    keep_until INTEGER NOT NULL
                );
                CREATE TABLE withdrawals (
                    owner TEXT NOT NULL,
                    value BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (owner, value)
                ) WITHOUT ROWID;
                CREATE TABLE outbox (
                    message_id BLOB PRIMARY KEY,
                    digest BLOB NOT NULL,
                    entry BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    attempted INTEGER NOT NULL,
                    busy_until INTEGER NOT NULL,
                    manifest_tried INTEGER NOT NULL DEFAULT 0
                );
                CREATE INDEX outbox_digest ON outbox(digest);
                CREATE TABLE drawn_prekeys (
                    signer BLOB NOT NULL,
                    prekey_id INTEGER NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (signer, prekey_id)
                ) WITHOUT ROWID;
                CREATE TABLE publications (
                    owner TEXT NOT NULL,
                    value BLOB NOT NULL,
                    expires INTEGER NOT NULL,
                    PRIMARY KEY (owner, value)
                ) WITHOUT ROWID;
                """
        )
    }
}
