public import DMPCrypto
public import DMPProtocol

/// Somebody whose keys the user has accepted.
public struct Contact: Hashable, Sendable {
    /// The user's own label for the contact. Unique in the book.
    public var name: String
    /// The contact's user name, as its owner names hash it. Empty if unknown.
    public var username: String
    /// The long-term key that messages are sealed for. `nil` for a contact that can only be received from.
    public var encryptionKey: X25519.PublicKey?
    /// The key that signs the contact's manifests, identity and prekeys. `nil`: the contact is not pinned.
    public var signingKey: Ed25519.PublicKey?
    /// The zone in which the contact publishes. `nil`: unknown, taken as the own zone.
    public var zone: ZoneName?

    /// Makes a contact; nothing is checked or stored.
    public init(
        name: String,
        username: String,
        encryptionKey: X25519.PublicKey?,
        signingKey: Ed25519.PublicKey?,
        zone: ZoneName?
    ) {
        self.name = name
        self.username = username
        self.encryptionKey = encryptionKey
        self.signingKey = signingKey
        self.zone = zone
    }

    /// What the contact should read out when asked; `nil` unless both keys are known.
    public var fingerprint: Fingerprint? {
        guard let encryptionKey = self.encryptionKey, let signingKey = self.signingKey else { return nil }
        return Fingerprint(encryptionKey: encryptionKey, signingKey: signingKey)
    }

    /// The user name without what follows the first `@`: labels such as `bob@example.com` were once kept as user names.
    var protocolUsername: String {
        String(self.username.prefix { $0 != "@" })
    }
}
