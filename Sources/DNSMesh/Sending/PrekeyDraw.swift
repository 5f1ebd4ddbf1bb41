import DMPCrypto
import DMPNetwork
import DMPProtocol
import Foundation
import GRDB

/// Remembers which prekeys of others were used, so that none is used for two messages.
struct DrawnPrekeys: Sendable {
    let database: DatabaseQueue

    /// Takes a prekey for one message.
    ///
    /// - Returns: `false` if it was taken before.
    func take(_ id: Prekey.ID, of signer: Ed25519.PublicKey, expires: UnixSeconds, now: UnixSeconds) async throws
        -> Bool
    {
        try await self.database.write { database in
            try database.execute(
                sql: "DELETE FROM drawn_prekeys WHERE expires < ?",
                arguments: [Int64(clamping: now.rawValue)]
            )
            try database.execute(
                sql: "INSERT OR IGNORE INTO drawn_prekeys VALUES (?, ?, ?)",
                arguments: [Data(signer.bytes), Int64(id.rawValue), Int64(clamping: expires.rawValue)]
            )
            return database.changesCount > 0
        }
    }
}

/// Goes through a contact's published prekeys in random order: those that outlive the message first.
///
/// Each is verified only when its turn has come: one signature check costs more than everything else here.
struct PrekeyDraw {
    private var values: [TXTValue]
    private var shortLived: [Prekey] = []
    private var seen: Set<Prekey.ID> = []
    private let signer: Ed25519.PublicKey
    private let messageExpires: UnixSeconds
    private let now: UnixSeconds

    init(from values: [TXTValue], signer: Ed25519.PublicKey, messageExpires: UnixSeconds, now: UnixSeconds) {
        self.values = values.shuffled()
        self.signer = signer
        self.messageExpires = messageExpires
        self.now = now
    }

    /// The next prekey that verifies under the contact's key and has not expired.
    mutating func next() -> Prekey? {
        while let value = self.values.popLast() {
            guard let prekey = try? Signed<Prekey>(parsing: value, now: self.now, signer: self.signer).body,
                !prekey.isExpired(at: self.now), self.seen.insert(prekey.id).inserted
            else { continue }
            if prekey.expires >= self.messageExpires { return prekey }
            self.shortLived.append(prekey)
        }
        return self.shortLived.popLast()
    }
}
