import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// The file `intros.db`: the intros that the Python client of the same folder has received, and the list of blocked
/// senders, which both clients keep there.
///
/// Source: protocol documents, "Files on disk", section `intros.db`.
struct SharedIntros: Sendable {
    let database: StoreDatabase

    /// An intro of the Python client. Its text lies in that file in clear.
    struct Row: Sendable {
        let sender: Ed25519.PublicKey
        let messageID: MessageID
        let plaintext: [UInt8]
        let zone: String
        let label: String
        let received: UnixSeconds
        let expires: UnixSeconds
    }

    /// The newest intros; rows of another shape are left out.
    func pending(limit: Int) async throws -> [Row] {
        try await self.database.read { database in
            try GRDB.Row.fetchAll(
                database,
                cached: "SELECT * FROM intros ORDER BY received_at DESC, id DESC LIMIT ?",
                arguments: [limit]
            ).compactMap { try? Row($0) }
        }
    }

    func remove(_ sender: Ed25519.PublicKey, _ messageID: MessageID) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM intros WHERE sender_spk = ? AND msg_id = ?",
                arguments: [Data(sender.bytes), Data(messageID.bytes)]
            )
        }
    }

    // MARK: - Blocked senders

    func blocked() async throws -> [BlockedSender] {
        try await self.database.read { database in
            try GRDB.Row.fetchAll(database, cached: "SELECT * FROM denylist ORDER BY blocked_at, sender_spk").compactMap
            {
                try? BlockedSender(
                    senderKey: Ed25519.PublicKey($0.bytes("sender_spk")),
                    blocked: $0.seconds("blocked_at"),
                    note: $0.decode(String.self, forColumn: "note")
                )
            }
        }
    }

    /// Blocks a sender, whose intros go. The first note about a sender stays.
    func block(_ sender: Ed25519.PublicKey, note: String, now: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR IGNORE INTO denylist (sender_spk, blocked_at, note) VALUES (?, ?, ?)",
                arguments: [Data(sender.bytes), now.stored, note]
            )
            try database.execute(cached: "DELETE FROM intros WHERE sender_spk = ?", arguments: [Data(sender.bytes)])
        }
    }

    /// - Returns: `false` if the sender wasn't blocked.
    func unblock(_ sender: Ed25519.PublicKey) async throws -> Bool {
        try await self.database.write { database in
            try database.execute(cached: "DELETE FROM denylist WHERE sender_spk = ?", arguments: [Data(sender.bytes)])
            return database.changesCount > 0
        }
    }
}

extension SharedIntros.Row {
    fileprivate init(_ row: GRDB.Row) throws {
        self.init(
            sender: try Ed25519.PublicKey(try row.bytes("sender_spk")),
            messageID: try MessageID(try row.bytes("msg_id")),
            plaintext: try row.bytes("plaintext"),
            zone: try row.decode(String.self, forColumn: "sender_mailbox_domain"),
            label: try row.decode(String.self, forColumn: "sender_label"),
            received: try row.seconds("received_at"),
            expires: try row.seconds("msg_exp")
        )
    }

    /// As this client keeps it. The sender's own time and the kind of sealing aren't known.
    var content: IntroContent {
        IntroContent(
            message: MessageContent(
                address: self.label.isEmpty ? nil : self.label,
                body: Data(self.plaintext),
                sentAt: self.received.rawValue,
                receivedAt: self.received.rawValue,
                forwardSecret: false,
                zone: self.zone
            ),
            author: nil
        )
    }
}
