public import DMPCrypto
public import DMPProtocol

/// The keys of a contact were replaced by those that its owner has named.
public struct KeyChange: Hashable, Sendable {
    /// The contact's name.
    public let contact: String
    /// The signing key that was pinned before.
    public let oldKey: Ed25519.PublicKey
    /// The signing key that is pinned now.
    public let newKey: Ed25519.PublicKey
    /// What the contact's owner reads out when asked for the new keys.
    public let fingerprint: Fingerprint

    /// A line for people.
    public var explanation: String {
        "\(self.contact) has replaced its keys, and the old key vouches for the new one; pinned now: fingerprint "
            + "\(self.fingerprint)"
    }
}
