import DMPCrypto
import DMPProtocol

/// Decides from whom messages are accepted, and in which zone. A value: it sees one snapshot of the contacts.
struct TrustGate: Sendable {
    let contacts: [Contact]
    let ownZone: ZoneName
    let allowsFirstUse: Bool
    /// What was found out about the signers of the messages at hand.
    var checks = SignerChecks()

    enum Verdict: Hashable, Sendable {
        case pinned(Contact)
        /// The signer's key took the place of the contact's pinned one.
        case rotated(Contact)
        case firstUse
        case refused(DropReason)
    }

    /// A pinned key speaks in its contact's zone and in ours, where everybody may leave messages for us. Elsewhere it
    /// doesn't count, so that no contact can replay another's manifest from a zone that it controls.
    func judge(_ signer: Ed25519.PublicKey, in zone: ZoneName) -> Verdict {
        if let reason = self.checks.refused[signer] { return .refused(reason) }
        let holders = self.contacts.filter { $0.signingKey == signer }
        if !holders.isEmpty {
            return self.speaker(among: holders, in: zone).map(Verdict.pinned) ?? .refused(.foreignZone)
        }
        let heirs = self.checks.successors.map(\.new).filter { $0.signingKey == signer }
        if !heirs.isEmpty { return self.speaker(among: heirs, in: zone).map(Verdict.rotated) ?? .refused(.foreignZone) }
        let nobodyPinned = self.contacts.allSatisfy { $0.signingKey == nil }
        return nobodyPinned && self.allowsFirstUse ? .firstUse : .refused(.unknownSender)
    }

    private func speaker(among holders: [Contact], in zone: ZoneName) -> Contact? {
        holders.first { ($0.zone ?? self.ownZone) == zone } ?? (zone == self.ownZone ? holders.first : nil)
    }

    /// The zones in which mail may lie: the own one, then those of the contacts in their order.
    var zones: [ZoneName] {
        var zones = [self.ownZone]
        for zone in self.contacts.compactMap(\.zone) where !zones.contains(zone) { zones.append(zone) }
        return zones
    }
}
