/// A live value at a name.
package struct StoredValue: Hashable, Sendable {
    package let text: String
    /// Until it expires; at least 1.
    package let secondsLeft: UInt64
}

/// What is known about a name.
enum StoredName: Hashable, Sendable {
    /// At least one live value, in the order of writing.
    case values([StoredValue])
    /// No value here, but below.
    case onlyDescendants
    case absent
}

/// How a write came out.
package enum PublishOutcome: Hashable, Sendable {
    case stored
    /// The name already holds as many values as it may.
    case tooManyValues(limit: Int)
    /// The values of the name would no longer fit into an answer.
    case setTooLarge(limit: Int)
}
