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
    /// Whether some contacts could not be asked for: a stranger may be one of them with a new key.
    var isIncomplete = false
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
    private static let strangerFreshness: UInt64 = 30

    /// Looks up the contacts that have signed, and, if there are strangers, all that may have become them.
    func run(
        _ signers: Set<Ed25519.PublicKey>,
        in zone: ZoneName,
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
            try await self.look(at: contact, strangers: strangers, deadline: deadline)
        }
        var checks = SignerChecks()
        for finding in findings {
            if let (key, reason) = finding.refused { checks.refused[key] = reason }
            if let successor = finding.successor { checks.successors.append(successor) }
            if finding.isIncomplete { checks.isIncomplete = true }
        }
        return checks
    }

    private struct Finding: Sendable {
        var refused: (Ed25519.PublicKey, DropReason)?
        var successor: ContactRenewal.Proposal?
        var isIncomplete = false
    }

    private func mayWrite(_ contact: Contact, in zone: ZoneName) -> Bool {
        zone == self.ownZone || (contact.zone ?? self.ownZone) == zone
            || contact.signingKey.flatMap { self.knownZones[$0] }?.contains(zone) == true
    }

    private func look(
        at contact: Contact,
        strangers: Set<Ed25519.PublicKey>,
        deadline: ErasedClock.Instant
    ) async throws -> Finding {
        let freshness = strangers.isEmpty ? RotationFollower.freshness : Self.strangerFreshness
        let check = try await self.renewal.follower.check(contact, freshness: freshness, deadline: deadline)
        var finding = Finding()
        if let key = contact.signingKey, let reason = check.refusal { finding.refused = (key, reason) }
        finding.isIncomplete = check.failure != nil
        // A chain that could not be read to its end may have been revoked.
        if case .replaced(let head, _) = check.standing, strangers.contains(head), check.failure == nil {
            let (proposal, _) = try await self.renewal.proposal(for: contact, head: head, deadline: deadline)
            finding.successor = proposal
        }
        return finding
    }
}

extension KeyCheck {
    /// Why messages under the pinned key are refused; `nil` if they are not.
    fileprivate var refusal: DropReason? {
        if case .distrusted(.revoked) = self.standing { return .revokedKey }
        return self.isAbandoned ? .abandonedKey : nil
    }
}
