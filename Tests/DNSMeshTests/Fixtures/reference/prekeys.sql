-- prekeys.db as the Python client 0.7.5 makes it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE prekeys (
        prekey_id INTEGER PRIMARY KEY,
        private_key BLOB NOT NULL,
        public_key BLOB NOT NULL,
        exp INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    , wire_record TEXT DEFAULT '');
INSERT INTO prekeys VALUES(2732152459,X'08867b23d591e403b53f2ef9e2e2d708442e9dcd988551ae14f481402bc0467e',X'cbe2be06045ae574ae9c232f9bb8ab2192e5b9ccd7a69c6916a407c8a243bb61',1795524679,1795438279,'v=dmp1;t=prekey;d=otlWi8vivgYEWuV0rpwjL5u4qyGS5bnM16acaRakB8iiQ7thAAAAAGsFiEdcoVfJmLn9wKkB5FW9xCLYrWTaltyixy2q0JDvt/zAEj6FsIRN1cbz/1FWlecID8CSUW5q4pM9KP373gSdMnEJ');
INSERT INTO prekeys VALUES(3736863485,X'a81d8706603b063d9dab41e429e7f8534f3931c2469047085bd5825adf75b96c',X'c740a1e007c71e0fde1d87c93cf2ad6d853c70cf6cf8a8a76b258bc6103f135f',1795524679,1795438279,'v=dmp1;t=prekey;d=3rwC/cdAoeAHxx4P3h2HyTzyrW2FPHDPbPiop2sli8YQPxNfAAAAAGsFiEfwTjRVcEgF7zpiBjzjkKPsoayXGZS1wsPHKrjTz4F55PpO/VNBw4H6G8MCg3x2JHCcZyeX8wjBsYazq40aevUD');
CREATE INDEX idx_prekeys_exp ON prekeys(exp);
COMMIT;
PRAGMA user_version = 2;
