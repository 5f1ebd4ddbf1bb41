import DMPCrypto
import DMPNetwork
import DMPProtocol
import Foundation
import GRDB

/// Remembers which prekeys of others were used, so that none is used for two messages.
struct DrawnPrekeys: Sendable {
    let database: StoreDatabase

    /// Takes a prekey for one message.
    ///
    /// - Returns: `false` if it was taken before.
    func take(_ id: Prekey.ID, of signer: Ed25519.PublicKey, expires: UnixSeconds, now: UnixSeconds) async throws
        -> Bool
    {
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM drawn_prekeys WHERE expires < ?",
                arguments: [try SettledTime.observe(now, in: database).stored]
            )
            try database.execute(
                cached: "INSERT OR IGNORE INTO drawn_prekeys VALUES (?, ?, ?)",
                arguments: [Data(signer.bytes), Int64(id.rawValue), expires.stored]
            )
            return database.changesCount > 0
        }
    }
}

/// Goes through a contact's published prekeys: those that outlive the message first, in random order, then those that
/// last longest.
///
/// Each is verified only when its turn has come: one signature check costs more than everything else here.
struct PrekeyDraw {
    private var values: [TXTValue]
    private var shortLived: [Prekey]?
    private var passedOver: [Prekey] = []
    private var seen: Set<Prekey.ID> = []
    private let signer: Ed25519.PublicKey
    private let messageExpires: UnixSeconds
    private let now: UnixSeconds

    /// A prekey must be good for a quarter of the message's life, or for this long: clients of the reference can't open
    /// anything under a prekey that has expired.
    private static let longestFloor: UInt64 = 6 * 3_600

    init(from values: [TXTValue], signer: Ed25519.PublicKey, messageExpires: UnixSeconds, now: UnixSeconds) {
        self.values = values.shuffled()
        self.signer = signer
        self.messageExpires = messageExpires
        self.now = now
    }

    /// The next prekey that verifies under the contact's key and lasts long enough.
    mutating func next() -> Prekey? {
        while let value = self.values.popLast() {
            guard let prekey = try? Signed<Prekey>(parsing: value, now: self.now, signer: self.signer).body,
                self.seen.insert(prekey.id).inserted
            else { continue }
            if prekey.expires >= self.messageExpires { return prekey }
            self.passedOver.append(prekey)
        }
        if self.shortLived == nil { self.shortLived = self.usable(self.passedOver) }
        return self.shortLived?.popLast()
    }

    private func usable(_ prekeys: [Prekey]) -> [Prekey] {
        let life = self.now.seconds(until: self.messageExpires)
        let floor = self.now.adding(min(life / 4, Self.longestFloor))
        return prekeys.filter { $0.expires >= floor && !$0.isExpired(at: self.now) }.sorted { $0.expires < $1.expires }
    }
}
