/// Why a message was delivered: what ties its signer to somebody the user knows.
public enum TrustReason: String, Hashable, Sendable, CaseIterable {
    /// A contact is pinned to the key that signed it.
    case pinned
    /// As ``pinned``, and the user has compared the safety code with that contact's owner.
    case verified
    /// Nobody was pinned, and the user had chosen to trust whoever writes.
    case firstUse = "first-use"
    /// It came from a stranger, and the user accepted it from the queue of intros.
    case acceptedIntro = "accepted-intro"
    /// A contact's pinned key names the key that signed it as its successor.
    case rotatedKey = "rotated-key"

    /// A few words for people.
    public var explanation: String {
        switch self {
        case .pinned: "pinned"
        case .verified: "verified"
        case .firstUse: "first use, not pinned"
        case .acceptedIntro: "accepted intro, not pinned"
        case .rotatedKey: "pinned, key rotated"
        }
    }
}
