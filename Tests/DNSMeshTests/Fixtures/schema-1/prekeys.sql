-- prekeys.db of the same folder.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE prekeys (
    prekey_id INTEGER PRIMARY KEY,
    private_key BLOB NOT NULL,
    public_key BLOB NOT NULL,
    exp INTEGER NOT NULL,
    created_at INTEGER NOT NULL
, wire_record TEXT DEFAULT '');
CREATE INDEX idx_prekeys_exp ON prekeys(exp);
COMMIT;
PRAGMA user_version = 2;
