import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// Brings a contact to the keys that its owner uses today.
struct ContactRenewal: Sendable {
    let reader: any RecordReader
    let contacts: ContactBook
    let follower: RotationFollower
    let ownZone: ZoneName
    let now: @Sendable () -> UnixSeconds

    /// A contact with its new keys, not pinned yet.
    struct Proposal: Hashable, Sendable {
        let old: Contact
        /// The encryption key is `nil` if no identity record of the new key was found.
        let new: Contact
        let readsEnvelopes: Bool
    }

    /// Looks for the identity record that the new key has signed: it alone may name the new encryption key.
    ///
    /// - Returns: The contact with the new keys; the failure if none was found as a name could not be read.
    func proposal(
        for contact: Contact,
        head: Ed25519.PublicKey,
        deadline: ErasedClock.Instant
    ) async throws -> (Proposal, NetworkFailure?) {
        let lookup = RecipientLookup(reader: self.reader, ownZone: self.ownZone, deadline: deadline)
        let result = try await lookup.identityValues(of: contact)
        var renewed = contact
        renewed.signingKey = head
        renewed.encryptionKey = nil
        guard case .records(let values) = result else {
            let failure: NetworkFailure? = if case .unavailable(let reason) = result { reason } else { nil }
            return (Proposal(old: contact, new: renewed, readsEnvelopes: false), failure)
        }
        let username = contact.protocolUsername.lowercased()
        let own = values.compactMap { try? Signed<IdentityRecord>(parsing: $0, now: self.now()).body }
            .filter { $0.signingKey == head && $0.username.lowercased() == username }
        let newest = own.max { $0.issued < $1.issued }
        renewed.encryptionKey = newest?.encryptionKey
        return (Proposal(old: contact, new: renewed, readsEnvelopes: newest?.readsEnvelopes ?? false), nil)
    }

    /// Notes that the new key is in use, and pins it if the encryption key is known too.
    ///
    /// - Returns: What changed; `nil` if nothing did, or another task was faster.
    func commit(_ proposal: Proposal) async throws -> KeyChange? {
        guard let oldKey = proposal.old.signingKey, let newKey = proposal.new.signingKey else { return nil }
        try await self.follower.noteUse(of: newKey, by: proposal.old)
        guard let encryptionKey = proposal.new.encryptionKey,
            try await self.contacts.repin(proposal.new, replacing: oldKey)
        else { return nil }
        return KeyChange(
            contact: proposal.new.name,
            oldKey: oldKey,
            newKey: newKey,
            fingerprint: Fingerprint(encryptionKey: encryptionKey, signingKey: newKey)
        )
    }
}
