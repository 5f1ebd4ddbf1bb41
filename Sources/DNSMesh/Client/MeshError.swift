/// An error of the client engine: what went wrong, in words for a person, and what to do next.
///
/// Messages never hold keys, passphrases, tokens or message texts.
public struct MeshError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is. The set is open: new codes may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code in words.
        public let description: String
        /// Whether the network or a node is the cause, so that the same call may succeed later.
        public let isNetworkFailure: Bool

        private init(_ description: String, network: Bool = false) {
            self.description = description
            self.isNetworkFailure = network
        }

        /// No contact has that name.
        public static let unknownContact = Code("unknown contact")
        /// Several contacts match the name that was given.
        public static let ambiguousContact = Code("ambiguous contact")
        /// The contact's encryption key isn't known, so nothing can be sealed for it.
        public static let contactWithoutEncryptionKey = Code("contact without encryption key")
        /// The contact's signing key isn't known, so that nothing it publishes can be checked.
        public static let contactNotPinned = Code("contact not pinned")
        /// A contact of that name exists and has other keys.
        public static let contactExists = Code("contact exists")
        /// The contact's key was revoked, or the chain of its rotations can't be trusted.
        public static let contactDistrusted = Code("contact distrusted")
        /// The contact has replaced its keys, and the identity under the new key isn't to be found.
        public static let contactKeysUnknown = Code("contact keys unknown", network: true)
        /// The own identity can't be rotated like that; nothing was published.
        public static let rotationImpossible = Code("rotation impossible")
        /// A key can't be used: for example a point of small order.
        public static let unusableKey = Code("unusable key")
        /// An argument is out of range.
        public static let invalidArgument = Code("invalid argument")
        /// The message doesn't fit the node's limits or the erasure code.
        public static let messageTooLong = Code("message too long")
        /// Publishing was asked of a client that has no writer.
        public static let noWriter = Code("no writer")
        /// A file of the client can't be read or written.
        public static let storeUnusable = Code("store unusable")
        /// Another process is at work on the same files and must be waited for.
        public static let busy = Code("busy")
        /// A file was made by a newer version.
        public static let storeTooNew = Code("store too new")
        /// There is no identity record at the name.
        public static let identityNotFound = Code("identity not found", network: true)
        /// There are records at the name, but none is a valid identity of that user.
        public static let identityInvalid = Code("identity invalid", network: true)
        /// The identity at the name was revoked by its owner.
        public static let identityRevoked = Code("identity revoked", network: true)
        /// There are several identities at the name; ``MeshError/underlying`` is an ``AmbiguousIdentity``.
        public static let ambiguousIdentity = Code("ambiguous identity", network: true)
        /// No identity at the name has the fingerprint that the caller gave.
        public static let fingerprintMismatch = Code("fingerprint mismatch", network: true)
        /// A node or resolver did not answer, or could not do what was asked; the same call may succeed later.
        public static let unavailable = Code("unavailable", network: true)
        /// A node refused for a reason that a repetition won't change.
        public static let refused = Code("refused", network: true)
    }

    /// What kind of error it is.
    public let code: Code
    /// One line: the thing that is wrong and the next step.
    public let message: String
    /// What caused it, for programs.
    public let underlying: (any Error)?

    /// Makes an error; `message` is one line for a person.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The ``message``.
    public var description: String { self.message }
}
