-- intros.db as the Python client 0.7.5 makes it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE intros (
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
CREATE TABLE denylist (
            sender_spk BLOB PRIMARY KEY,
            blocked_at INTEGER NOT NULL,
            note TEXT NOT NULL DEFAULT ''
        );
DELETE FROM sqlite_sequence;
CREATE INDEX idx_intros_received_at
            ON intros(received_at DESC)
        ;
COMMIT;
PRAGMA user_version = 1;
