import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// What look-ups say about those who signed the messages at hand.
struct SignerChecks: Sendable {
    /// Pinned keys whose messages are refused.
    var refused: [Ed25519.PublicKey: DropReason] = [:]
    /// Keys that took the place of a contact's pinned one.
    var successors: [ContactRenewal.Proposal] = []
    /// Former keys of contacts, which count for what they signed before another had taken their place.
    var formers: [Ed25519.PublicKey: FormerKey] = [:]
    /// Whether some contacts could not be asked for: a stranger may be one of them with a new key.
    var isIncomplete = false
}

/// A key that a contact has replaced without revoking it.
struct FormerKey: Sendable {
    /// The contact as it was under that key.
    let contact: Contact
    /// Until when what it signed counts.
    let until: UnixSeconds
}

/// Checks the signers of messages before they are judged.
struct SignerScan: Sendable {
    let contacts: [Contact]
    let ownZone: ZoneName
    let renewal: ContactRenewal
    /// Where pinned keys have left messages before.
    var knownZones: [Ed25519.PublicKey: Set<ZoneName>] = [:]

    /// How many contacts are looked up at the same time.
    private static let width = 8
    /// A stranger may be a contact with a new key: then an answer from before it was made won't do.
    static let strangerFreshness: UInt64 = 30

    /// Looks up the contacts that have signed, and, if there are strangers, all that may have become them.
    func run(
        _ signers: Set<Ed25519.PublicKey>,
        in zone: ZoneName,
        freshness: UInt64 = strangerFreshness,
        deadline: ErasedClock.Instant
    ) async throws -> SignerChecks {
        guard !signers.isEmpty else { return SignerChecks() }
        let known = Set(self.contacts.compactMap(\.signingKey))
        let strangers = signers.subtracting(known)
        let asked = self.contacts.filter { contact in
            guard let key = contact.signingKey else { return false }
            return signers.contains(key) || (!strangers.isEmpty && self.mayWrite(contact, in: zone))
        }
        let findings = try await asked.concurrentMap(width: Self.width) { contact in
            try await self.look(at: contact, strangers: strangers, freshness: freshness, deadline: deadline)
        }
        var checks = SignerChecks()
        for finding in findings {
            if let (key, reason) = finding.refused { checks.refused[key] = reason }
            if let successor = finding.successor { checks.successors.append(successor) }
            for former in finding.formers {
                if let key = former.contact.signingKey { checks.formers[key] = former }
            }
            if finding.isIncomplete { checks.isIncomplete = true }
        }
        return checks
    }

    private struct Finding: Sendable {
        var refused: (Ed25519.PublicKey, DropReason)?
        var successor: ContactRenewal.Proposal?
        var formers: [FormerKey] = []
        var isIncomplete = false
    }

    private func mayWrite(_ contact: Contact, in zone: ZoneName) -> Bool {
        zone == self.ownZone || (contact.zone ?? self.ownZone) == zone
            || contact.signingKey.flatMap { self.knownZones[$0] }?.contains(zone) == true
    }

    private func look(
        at contact: Contact,
        strangers: Set<Ed25519.PublicKey>,
        freshness: UInt64,
        deadline: ErasedClock.Instant
    ) async throws -> Finding {
        let freshness = strangers.isEmpty ? RotationFollower.freshness : freshness
        let check = try await self.renewal.follower.check(contact, freshness: freshness, deadline: deadline)
        var finding = Finding()
        if let key = contact.signingKey, let reason = check.refusal { finding.refused = (key, reason) }
        finding.isIncomplete = check.failure != nil
        // A chain that could not be read to its end may have been revoked.
        if case .replaced(let head, _) = check.standing, strangers.contains(head), check.failure == nil {
            let (proposal, _) = try await self.renewal.proposal(for: contact, head: head, deadline: deadline)
            finding.successor = proposal
        }
        try await self.addFormers(of: contact, check, strangers, to: &finding, deadline: deadline)
        return finding
    }

    /// Looks for keys that the contact has replaced: what they signed before may have been on its way since.
    private func addFormers(
        of contact: Contact,
        _ check: KeyCheck,
        _ strangers: Set<Ed25519.PublicKey>,
        to finding: inout Finding,
        deadline: ErasedClock.Instant
    ) async throws {
        let follower = self.renewal.follower
        var present = contact.signingKey
        if case .replaced(let head, _) = check.standing { present = head }
        if check.isAbandoned, check.standing.isSuperseded(by: present), let key = contact.signingKey,
            let until = try await follower.endOfUse(of: key, by: contact)
        {
            finding.formers.append(FormerKey(contact: contact, until: until))
        }
        for former in try await follower.predecessors(of: contact, among: strangers) {
            guard let key = former.signingKey, let until = try await follower.endOfUse(of: key, by: contact) else {
                continue
            }
            let check = try await follower.check(former, deadline: deadline)
            if check.failure != nil { finding.isIncomplete = true }
            guard check.standing.isSuperseded(by: present), check.failure == nil else { continue }
            finding.formers.append(FormerKey(contact: former, until: until))
        }
    }
}

extension KeyStanding {
    /// Whether a key was replaced, by the one that counts today or by one that was revoked: what it signed before doesn't
    /// rest on its successor.
    fileprivate func isSuperseded(by present: Ed25519.PublicKey?) -> Bool {
        switch self {
        case .replaced(let head, _): head == present
        case .distrusted(.successorRevoked): true
        case .current, .distrusted: false
        }
    }
}

extension KeyCheck {
    /// Why messages under the pinned key are refused; `nil` if they are not.
    fileprivate var refusal: DropReason? {
        if case .distrusted(.revoked) = self.standing { return .revokedKey }
        return self.isAbandoned ? .abandonedKey : nil
    }
}
