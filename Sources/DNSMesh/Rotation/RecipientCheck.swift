import DMPNetwork
import DMPProtocol
import DNSTransport

/// Decides, before a message is sealed, for which keys of its recipient that may be done.
struct RecipientCheck: Sendable {
    let renewal: ContactRenewal
    let deadline: ErasedClock.Instant

    /// The recipient as it was found to be.
    struct Recipient: Sendable {
        var contact: Contact
        /// Whether the new identity record says that it reads envelopes; `nil` if the keys are the old ones.
        var readsEnvelopes: Bool?
        var warnings: [SendWarning] = []
    }

    /// Takes the answer of a look-up, and pins the new keys where the contact has replaced its own.
    ///
    /// - Throws: ``MeshError`` if nothing may be sealed for this contact.
    func recipient(for contact: Contact, check: KeyCheck) async throws -> Recipient {
        switch check.standing {
        case .current:
            let warnings = check.failure.map { [SendWarning.keyUnchecked(contact: contact.name, $0)] } ?? []
            return Recipient(contact: contact, warnings: warnings)
        case .distrusted(let fault): throw MeshError.distrusted(contact, fault)
        case .replaced(let head, _):
            if let failure = check.failure { throw MeshError.unconfirmed(contact, failure) }
            let (proposal, failure) = try await self.renewal.proposal(for: contact, head: head, deadline: self.deadline)
            guard proposal.new.encryptionKey != nil else { throw MeshError.unpublished(contact, failure) }
            let change = try await self.renewal.commit(proposal)
            return Recipient(
                contact: proposal.new,
                readsEnvelopes: proposal.readsEnvelopes,
                warnings: change.map { [SendWarning.keyChanged($0)] } ?? []
            )
        }
    }
}

extension MeshError {
    static func distrusted(_ contact: Contact, _ fault: ChainFault) -> MeshError {
        MeshError(
            .contactDistrusted,
            "not sent: the keys of \(contact.name) can't be trusted: \(fault.explanation). Find its identity with "
                + "`dnsmesh identity fetch`, compare the fingerprint with its owner, then pin it with --add --replace"
        )
    }

    fileprivate static func unconfirmed(_ contact: Contact, _ failure: NetworkFailure) -> MeshError {
        MeshError(
            .unavailable,
            "not sent: \(contact.name) has replaced its keys, and it can't be made sure that the new ones still count: "
                + "\(failure); try again later",
            underlying: failure
        )
    }

    fileprivate static func unpublished(_ contact: Contact, _ failure: NetworkFailure?) -> MeshError {
        let reason = failure.map { "could not be read: \($0)" } ?? "isn't published yet"
        return MeshError(
            .contactKeysUnknown,
            "not sent: \(contact.name) has replaced its keys, and the identity under the new key \(reason); try again "
                + "later, or ask its owner to run `dnsmesh identity publish`",
            underlying: failure
        )
    }
}
