public import DMPProtocol

/// How the own identity stands, by what this client knows without asking the network.
public struct IdentityStanding: Hashable, Sendable {
    /// How many published, unused prekeys there are.
    public let livePrekeys: Int
    /// How many there should be.
    public let prekeyTarget: Int
    /// Whether this client has ever published prekeys.
    public let usesPrekeys: Bool
    /// When the identity record that this client published will be gone from its node; `nil` if it never published one.
    public let identityExpires: UnixSeconds?
    /// For how many seconds that record was published.
    public let identityLifetime: UInt32
    /// When this was found.
    public let asked: UnixSeconds

    /// Whether less than a quarter of the prekeys that there should be are left.
    public var isLowOnPrekeys: Bool { self.livePrekeys < (self.prekeyTarget + 3) / 4 }

    /// For how many seconds more the identity record is published, if that is less than a quarter of its life; 0 if it
    /// is gone, `nil` if there is time, or none was ever published.
    public var identityEndsIn: UInt64? {
        guard let expires = self.identityExpires else { return nil }
        let left = self.asked.seconds(until: expires)
        return left <= UInt64(self.identityLifetime) / 4 ? left : nil
    }
}
