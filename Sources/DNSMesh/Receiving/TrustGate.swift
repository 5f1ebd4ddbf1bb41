import DMPCrypto
import DMPProtocol

/// Decides from whom messages are accepted, and in which zone. A value: it sees one snapshot of the contacts.
struct TrustGate: Sendable {
    let contacts: [Contact]
    let ownZone: ZoneName
    let allowsFirstUse: Bool

    enum Verdict: Hashable, Sendable {
        case pinned(Contact)
        case firstUse
        case refused(DropReason)
    }

    /// A pinned key speaks in its contact's zone and in ours, where everybody may leave messages for us. Elsewhere it
    /// doesn't count, so that no contact can replay another's manifest from a zone that it controls.
    func judge(_ signer: Ed25519.PublicKey, in zone: ZoneName) -> Verdict {
        let holders = self.contacts.filter { $0.signingKey == signer }
        if let contact = holders.first(where: { ($0.zone ?? self.ownZone) == zone }) { return .pinned(contact) }
        if let contact = holders.first {
            return zone == self.ownZone ? .pinned(contact) : .refused(.foreignZone)
        }
        let nobodyPinned = self.contacts.allSatisfy { $0.signingKey == nil }
        return nobodyPinned && self.allowsFirstUse ? .firstUse : .refused(.unknownSender)
    }

    /// The zones in which mail may lie: the own one, then those of the contacts in their order.
    var zones: [ZoneName] {
        var zones = [self.ownZone]
        for zone in self.contacts.compactMap(\.zone) where !zones.contains(zone) { zones.append(zone) }
        return zones
    }
}
