import DMPCrypto
import DMPProtocol
import DNSMesh

/// The contacts of `config.yaml`.
///
/// Each change is applied to what the file holds at that moment. Source: protocol documents, "Files on disk", section
/// 2.2, and "Command line", section 4.6.
struct ConfiguredContactStore: ContactStore {
    let file: ConfigurationFile

    /// Entries with a malformed key, or without any, can't be used and are left out.
    func load() async throws -> [Contact] {
        try self.file.load().contacts.compactMap(\.contact)
    }

    func apply(_ change: ContactChange) async throws {
        _ = try await self.file.update { configuration in
            switch change {
            case .put(let contact):
                if let index = configuration.contacts.firstIndex(where: { $0.label == contact.name }) {
                    configuration.contacts[index].take(contact)
                } else {
                    var entry = ContactEntry(label: contact.name)
                    entry.take(contact)
                    configuration.contacts.append(entry)
                }
            case .insert(let contact):
                guard !configuration.contacts.contains(where: { $0.label == contact.name }) else { return }
                var entry = ContactEntry(label: contact.name)
                entry.take(contact)
                configuration.contacts.append(entry)
            case .remove(let name): configuration.contacts.removeAll { $0.label == name }
            case .repin(let contact, let oldKey):
                let index = configuration.contacts.firstIndex {
                    $0.label == contact.name && $0.signingKey.lowercased() == oldKey.hex
                }
                if let index { configuration.contacts[index].take(contact) }
            }
        }
    }
}

extension ContactEntry {
    /// `nil` if a key is malformed or both are missing.
    var contact: Contact? {
        guard let encryptionKey = try? Self.key(self.encryptionKey, X25519.PublicKey.init(hex:)),
            let signingKey = try? Self.key(self.signingKey, Ed25519.PublicKey.init(hex:)),
            encryptionKey.value != nil || signingKey.value != nil
        else { return nil }
        return Contact(
            name: self.label,
            username: self.username,
            encryptionKey: encryptionKey.value,
            signingKey: signingKey.value,
            zone: self.zone
        )
    }

    mutating func take(_ contact: Contact) {
        self.encryptionKey = contact.encryptionKey?.hex ?? ""
        self.signingKey = contact.signingKey?.hex ?? ""
        self.remoteUsername = contact.username
        // A domain that is no zone name says nothing to us; another program may know better.
        if self.zone != contact.zone { self.domain = contact.zone?.text ?? "" }
    }

    /// The peer's own user name: as stored, or the label up to its first `@`.
    private var username: String {
        if !self.remoteUsername.isEmpty { return self.remoteUsername }
        // The label of a contact that is known by its signing key alone was made up.
        if self.encryptionKey.isEmpty { return "" }
        return String(self.label.prefix { $0 != "@" })
    }

    private var zone: ZoneName? {
        do { return try ZoneName(self.domain) } catch { return nil }
    }

    /// An optional key that may be absent without being wrong.
    private struct Key<Value> {
        let value: Value?
    }

    private static func key<Value>(_ hex: String, _ read: (String) throws -> Value) throws -> Key<Value> {
        Key(value: hex.isEmpty ? nil : try read(hex))
    }
}
