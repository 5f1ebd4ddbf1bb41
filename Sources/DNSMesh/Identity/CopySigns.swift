import DMPNetwork
import DMPProtocol
import DNSTransport

/// Signs that a second copy of the identity is in use.
///
/// Prekeys work only where they were made, so two copies of one identity lose each other's messages.
public struct CopySigns: Hashable, Sendable {
    /// How many published prekeys carry the own signature and were not made in this folder.
    public let foreign: Int
    /// How many own prekeys somebody else has withdrawn, as one does who has received a message with them.
    public let vanished: Int

    /// Whether nothing points to a copy.
    public var isClear: Bool { self.foreign == 0 && self.vanished == 0 }
}

/// Compares the own prekeys in DNS with those that this folder knows.
struct PrekeySurvey: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let prekeys: PrekeyStore
    let ledger: PrekeyLedger
    let now: @Sendable () -> UnixSeconds

    /// - Returns: `nil` if the prekeys could not be read.
    @concurrent
    func run(deadline: ErasedClock.Instant) async throws -> CopySigns? {
        let owner = try OwnerName.prekeys(of: self.configuration.username.text, in: self.configuration.zone)
        let found: [TXTValue]
        switch try await self.reader.read(owner, deadline: deadline) {
        case .unavailable: return nil
        case .absent: found = []
        case .records(let values): found = values
        }
        // Read after the network: what another process of this folder has published meanwhile is then known.
        let own = try await self.prekeys.entries().map(\.prekey)
        try await self.ledger.remember(own)
        let facts = try await self.ledger.facts()
        let now = self.now()
        let published = Set(
            found.compactMap { value in
                try? Signed<Prekey>(parsing: value, now: now, signer: self.keys.signingKey).body.id
            }
        )
        return Self.compare(published: published, own: own, facts: facts, now: now)
    }

    /// A cached answer may be older than the newest prekeys, and may still hold those that were withdrawn. So nothing
    /// that was ever here is foreign, and a prekey has vanished only from an answer that holds a later one. The answer
    /// must hold one as old, too: a node that has lost its records has lost them all.
    static func compare(
        published: Set<Prekey.ID>,
        own: [Prekey],
        facts: PrekeyLedger.Facts,
        now: UnixSeconds
    ) -> CopySigns {
        let present = published.compactMap { facts.offers[$0]?.from }
        let vanished = own.filter { prekey in
            guard let oldest = present.min(), let newest = present.max(), let offer = facts.offers[prekey.id],
                !published.contains(prekey.id)
            else { return false }
            return oldest <= offer.from && offer.from < newest && now.adding(Self.margin) < offer.until
                && !facts.retired.contains(prekey.id)
                && !facts.spent.contains(prekey.id)
        }
        let foreign = published.subtracting(facts.known).subtracting(own.map(\.id))
        return CopySigns(foreign: foreign.count, vanished: vanished.count)
    }

    /// A node's clock may be ahead of ours by this many seconds.
    private static let margin: UInt64 = 300
}
