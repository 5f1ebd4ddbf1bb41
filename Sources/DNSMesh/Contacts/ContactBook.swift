import DMPCrypto
public import DMPProtocol

/// The contacts. Invariant: what the user was shown is what is on disk.
public actor ContactBook {
    private let store: any ContactStore
    private let ownZone: ZoneName

    package init(store: any ContactStore, ownZone: ZoneName) {
        self.store = store
        self.ownZone = ownZone
    }

    /// All contacts.
    public func all() async throws -> [Contact] {
        try await self.store.load()
    }

    /// Adds a contact, or replaces the one of the same name.
    public func put(_ contact: Contact) async throws {
        try await self.store.apply(.put(contact))
    }

    /// Removes the contact of that name, if there is one.
    public func remove(name: String) async throws {
        try await self.store.apply(.remove(name: name))
    }

    /// Gives a contact new keys, unless its signing key has changed since it was looked at.
    ///
    /// - Returns: Whether the contact has the new keys by this call.
    func repin(_ contact: Contact, replacing oldKey: Ed25519.PublicKey) async throws -> Bool {
        let before = try await self.store.load().first { $0.name == contact.name }
        try await self.store.apply(.repin(contact, replacing: oldKey))
        guard before?.signingKey == oldKey else { return false }
        return try await self.store.load().first { $0.name == contact.name }?.signingKey == contact.signingKey
    }

    /// Finds the contact that a person means by a name or an address.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/unknownContact`` or ``MeshError/Code/ambiguousContact``.
    public func resolve(_ recipient: String) async throws -> Contact {
        let contacts = try await self.store.load()
        return try ContactSearch(contacts: contacts, ownZone: self.ownZone).find(recipient)
    }

    /// Pins a fetched identity.
    ///
    /// A contact that has the same signing key and lacks its encryption key is completed in place, whatever its name.
    ///
    /// - Parameters:
    ///   - identity: Whose keys are pinned.
    ///   - name: The name of a new contact.
    ///   - zone: Where it publishes.
    ///   - replacing: Whether other keys of a contact of that name are replaced. Its name and zone stay.
    /// - Returns: What was done.
    /// - Throws: ``MeshError/Code/contactExists`` if a contact of that name has other keys.
    public func add(_ identity: FetchedIdentity, as name: String, zone: ZoneName?, replacing: Bool = false) async throws
        -> ContactAddition
    {
        let record = identity.record
        let contacts = try await self.store.load()
        let known = contacts.first { $0.encryptionKey == nil && $0.signingKey == record.signingKey }
        if var known {
            known.encryptionKey = record.encryptionKey
            known.username = record.username
            known.zone = known.zone ?? zone
            try await self.store.apply(.put(known))
            return .completed(known)
        }
        let contact = Contact(
            name: name,
            username: record.username,
            encryptionKey: record.encryptionKey,
            signingKey: record.signingKey,
            zone: zone
        )
        try await self.store.apply(.insert(contact))
        // Whoever added one of that name first, this process or another, has decided.
        guard let stored = try await self.store.load().first(where: { $0.name == name }) else { return .added(contact) }
        guard stored.encryptionKey == record.encryptionKey, stored.signingKey == record.signingKey else {
            guard replacing else {
                let known = stored.fingerprint?.text ?? "unknown"
                throw MeshError(
                    .contactExists,
                    "contact \(name) has other keys (fingerprint \(known)) than the identity that was found "
                        + "(\(record.fingerprint)); compare with its owner, then use --replace"
                )
            }
            var changed = contact
            changed.zone = stored.zone ?? zone
            try await self.store.apply(.put(changed))
            return .replaced(changed, old: stored.fingerprint)
        }
        return contacts.contains { $0.name == name } ? .alreadyThere(stored) : .added(stored)
    }
}

/// What ``ContactBook/add(_:as:zone:)`` did.
public enum ContactAddition: Hashable, Sendable {
    case added(Contact)
    /// A contact that was pinned by its signing key alone got its encryption key.
    case completed(Contact)
    case alreadyThere(Contact)
    /// The caller had asked for it: a contact of that name has got other keys. `old` is `nil` if one was missing.
    case replaced(Contact, old: Fingerprint?)
}

/// Finds a contact by label or address.
struct ContactSearch {
    let contacts: [Contact]
    let ownZone: ZoneName

    func find(_ recipient: String) throws(MeshError) -> Contact {
        if let exact = self.contacts.first(where: { $0.name == recipient }) { return exact }
        let matches = recipient.contains("@") ? self.matches(address: recipient) : self.matches(username: recipient)
        guard let match = matches.first else {
            throw MeshError(
                .unknownContact,
                "unknown contact `\(recipient)`; add it with `dnsmesh identity fetch USER@HOST --add`"
            )
        }
        guard matches.count == 1 else {
            let names = matches.map(\.name).joined(separator: ", ")
            throw MeshError(.ambiguousContact, "`\(recipient)` could be any of: \(names); give the full name")
        }
        return match
    }

    /// `bob@zone` means a contact with that user name whose zone is that zone, the own zone if it has none.
    private func matches(address: String) -> [Contact] {
        guard let wanted = try? UserAddress(canonicalizing: address) else { return [] }
        return self.contacts.filter { contact in
            contact.protocolUsername.lowercased() == wanted.username.text
                && (contact.zone ?? self.ownZone) == wanted.host
        }
    }

    /// A bare `bob` may stand for a contact that is labelled `bob@host`.
    private func matches(username: String) -> [Contact] {
        self.contacts.filter { $0.name.prefix { $0 != "@" } == username[...] }
    }
}
