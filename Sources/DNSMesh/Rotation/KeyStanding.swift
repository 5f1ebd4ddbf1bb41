public import DMPCrypto
public import DMPProtocol

/// What the signed rotations and revocations of a contact say about the key that is pinned.
public enum KeyStanding: Hashable, Sendable {
    /// Nothing speaks against the key.
    case current
    /// A chain of rotations, each signed by the old and by the new key, leads to another key.
    case replaced(by: Ed25519.PublicKey, hops: Int)
    /// The chain can't be trusted. The contact's keys must be compared and pinned again by hand.
    case distrusted(ChainFault)
}

/// Why a chain of rotations leads nowhere.
public enum ChainFault: Hashable, Sendable {
    /// The pinned key was revoked by its owner.
    case revoked(RevocationRecord.Reason)
    /// A key that the chain passes, or ends at, was revoked.
    case successorRevoked(RevocationRecord.Reason)
    /// One key names two different successors: somebody else may have it too.
    case forked
    /// The chain comes back to a key that it has passed.
    case circular
    /// The chain has more than ``ChainWalk/maximumHops`` rotations.
    case tooLong
    /// The sequence number of a rotation isn't above that of the one before.
    case sequenceNotRising
    /// The only rotation of a key is known and has expired.
    case expired

    /// A few words for people.
    public var explanation: String {
        switch self {
        case .revoked(let reason): "its owner has revoked the pinned key (\(reason.explanation))"
        case .successorRevoked(let reason): "a key that took its place was revoked (\(reason.explanation))"
        case .forked: "its key names two different successors"
        case .circular: "its rotations lead back to a key that was replaced"
        case .tooLong: "its key was replaced more than \(ChainWalk.maximumHops) times"
        case .sequenceNotRising: "its rotations are out of order"
        case .expired: "the rotation of its key has expired"
        }
    }
}

extension RevocationRecord.Reason {
    /// A word or two for people.
    public var explanation: String {
        switch self {
        case .compromise: "compromised"
        case .routine: "replaced"
        case .lostKey: "lost"
        case .other: "no reason given"
        }
    }
}
