import DMPCrypto
import DMPProtocol

/// Decides from whom messages are accepted, and in which zone. A value: it sees one snapshot of the contacts.
struct TrustGate: Sendable {
    let contacts: [Contact]
    private let holders: [Ed25519.PublicKey: [Contact]]
    let ownZone: ZoneName
    let allowsFirstUse: Bool
    /// What was found out about the signers of the messages at hand.
    var checks = SignerChecks()
    /// The names of contacts whose safety code was compared.
    var verified: Set<String> = []
    var blocked: Set<Ed25519.PublicKey> = []
    /// Where pinned keys have left messages before, in zones that were theirs or ours then.
    var knownZones: [Ed25519.PublicKey: Set<ZoneName>] = [:]

    init(
        contacts: [Contact],
        ownZone: ZoneName,
        allowsFirstUse: Bool,
        verified: Set<String> = [],
        blocked: Set<Ed25519.PublicKey> = [],
        knownZones: [Ed25519.PublicKey: Set<ZoneName>] = [:]
    ) {
        self.contacts = contacts
        self.ownZone = ownZone
        self.allowsFirstUse = allowsFirstUse
        self.verified = verified
        self.blocked = blocked
        self.knownZones = knownZones
        self.holders = contacts.reduce(into: [:]) { holders, contact in
            if let key = contact.signingKey { holders[key, default: []].append(contact) }
        }
    }

    enum Verdict: Hashable, Sendable {
        case pinned(Contact)
        /// The signer's key took the place of the contact's pinned one.
        case rotated(Contact)
        case firstUse
        /// Nobody that the user knows: for the queue of intros.
        case stranger
        case refused(DropReason)
    }

    /// A pinned key speaks in its contact's zone and in ours, where everybody may leave messages for us. Elsewhere it
    /// doesn't count, so that no contact can replay another's manifest from a zone that it controls.
    ///
    /// A key that its contact has replaced counts for what it signed before. Who is blocked stays so under every key that
    /// a chain ties to the blocked one.
    func judge(_ signer: Ed25519.PublicKey, in zone: ZoneName, issued: UnixSeconds? = nil) -> Verdict {
        if self.isBlocked(signer) { return .refused(.blockedSender) }
        if let issued, let former = self.checks.formers[signer], issued <= former.until,
            let contact = self.speaker(among: [former.contact], in: zone)
        {
            return .rotated(contact)
        }
        if let reason = self.checks.refused[signer] { return .refused(reason) }
        if let holders = self.holders[signer] {
            return self.speaker(among: holders, in: zone).map(Verdict.pinned) ?? .refused(.foreignZone)
        }
        let heirs = self.checks.successors.filter { $0.new.signingKey == signer }
        if !heirs.isEmpty {
            // The zones in which the old key was seen are those of the new one.
            let speaker = self.speaker(among: heirs.map(\.old), in: zone)
            return heirs.first { $0.old == speaker }.map { .rotated($0.new) } ?? .refused(.foreignZone)
        }
        return self.holders.isEmpty && self.allowsFirstUse ? .firstUse : .stranger
    }

    /// The contact who has signed, and why that counts; `nil` for anybody else.
    func accepted(
        _ signer: Ed25519.PublicKey,
        in zone: ZoneName,
        issued: UnixSeconds
    ) -> (Contact, TrustReason)? {
        switch self.judge(signer, in: zone, issued: issued) {
        case .pinned(let contact): (contact, self.trust(in: contact))
        case .rotated(let contact): (contact, .rotatedKey)
        case .firstUse, .stranger, .refused: nil
        }
    }

    private func isBlocked(_ signer: Ed25519.PublicKey) -> Bool {
        if self.blocked.isEmpty { return false }
        if self.blocked.contains(signer) { return true }
        var names = Set(self.checks.successors.filter { $0.new.signingKey == signer }.map(\.old.name))
        if let former = self.checks.formers[signer] { names.insert(former.contact.name) }
        guard !names.isEmpty else { return false }
        return self.contacts.contains { contact in
            names.contains(contact.name) && contact.signingKey.map(self.blocked.contains) ?? false
        }
    }

    private func speaker(among holders: [Contact], in zone: ZoneName) -> Contact? {
        if let contact = holders.first(where: { ($0.zone ?? self.ownZone) == zone }) { return contact }
        let isKnown = holders.contains { $0.signingKey.flatMap { self.knownZones[$0] }?.contains(zone) == true }
        return isKnown || zone == self.ownZone ? holders.first : nil
    }

    /// Why a message that a contact's pinned key has signed is delivered.
    func trust(in contact: Contact) -> TrustReason {
        self.verified.contains(contact.name) ? .verified : .pinned
    }

    /// The zones in which mail may lie: the own one, then those of the contacts in their order, then those in which
    /// contacts were seen before.
    var zones: [ZoneName] {
        var zones = [self.ownZone]
        var listed: Set = [self.ownZone]
        for zone in self.contacts.compactMap(\.zone) where listed.insert(zone).inserted { zones.append(zone) }
        let keys = self.contacts.compactMap(\.signingKey)
        let known = Set(keys.flatMap { self.knownZones[$0] ?? [] })
        return zones + known.subtracting(listed).sorted { $0.text < $1.text }
    }
}
