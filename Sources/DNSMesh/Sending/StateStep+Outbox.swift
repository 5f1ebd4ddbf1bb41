import GRDB

extension StateStep {
    /// Who works on an entry of the outbox; see ``SendingPresence``. 0 where nobody knows.
    static let outboxOwners = StateStep { database in
        try database.execute(sql: "ALTER TABLE outbox ADD COLUMN owner INTEGER NOT NULL DEFAULT 0")
    }
}
