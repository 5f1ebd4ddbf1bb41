public import DMPCrypto

/// A change of the contact book, applied to whatever the store holds at that moment.
public enum ContactChange: Hashable, Sendable {
    /// Adds the contact, or replaces the one of the same name.
    case put(Contact)
    /// Adds the contact unless one of the same name is there; that one stays as it is.
    case insert(Contact)
    case remove(name: String)
    /// Replaces the contact of the same name if the signing key that it has is still the given one.
    case repin(Contact, replacing: Ed25519.PublicKey)
}

/// Where contacts are kept: a configuration file, or memory.
public protocol ContactStore: Sendable {
    /// All contacts, in the order in which they were added or in that of their names.
    func load() async throws -> [Contact]
    /// Applies one change durably. Other changes made meanwhile by another process are kept.
    func apply(_ change: ContactChange) async throws
}

/// Contacts that end with the process, for tests and short-lived programs.
public actor MemoryContactStore: ContactStore {
    private var contacts: [Contact]

    /// Starts with these contacts.
    public init(_ contacts: [Contact] = []) {
        self.contacts = contacts
    }

    /// All contacts, in the order in which they were added.
    public func load() -> [Contact] { self.contacts }

    /// Applies one change.
    public func apply(_ change: ContactChange) {
        switch change {
        case .put(let contact):
            if let index = self.contacts.firstIndex(where: { $0.name == contact.name }) {
                self.contacts[index] = contact
            } else {
                self.contacts.append(contact)
            }
        case .insert(let contact):
            if !self.contacts.contains(where: { $0.name == contact.name }) { self.contacts.append(contact) }
        case .remove(let name):
            self.contacts.removeAll { $0.name == name }
        case .repin(let contact, let oldKey):
            let index = self.contacts.firstIndex { $0.name == contact.name && $0.signingKey == oldKey }
            if let index { self.contacts[index] = contact }
        }
    }
}
