public import DMPNetwork

/// What a sender should know although the message went out.
public enum SendWarning: Hashable, Sendable {
    /// The recipient had replaced its keys; the contact has the new ones now, and the message was sealed for them.
    case keyChanged(KeyChange)
    /// Whether the recipient has replaced or revoked its key could not be asked.
    case keyUnchecked(contact: String, NetworkFailure)

    /// A line for people.
    public var explanation: String {
        switch self {
        case .keyChanged(let change): change.explanation
        case .keyUnchecked(let contact, let failure):
            "warning: could not check whether \(contact) has revoked or replaced its key: \(failure.message)"
        }
    }
}
