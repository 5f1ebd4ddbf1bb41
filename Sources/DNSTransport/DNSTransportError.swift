/// Why no DNS message came back, or a server could not start.
///
/// A response code such as SERVFAIL is no error here: it is part of an answer.
public struct DNSTransportError: Error, Sendable {
    /// What went wrong, for callers that act on it.
    public enum Code: Hashable, Sendable {
        /// The deadline passed without a usable answer.
        case timeout
        /// Nobody listens at the address: the machine said so.
        case refused
        /// No way to the address, or no socket to be had.
        case unreachable
        /// The connection ended before the answer came, twice.
        case connectionLost
        /// The upstream answered this question with something that is no DNS message. ``underlying`` says why.
        case malformedAnswer
        /// More queries wait than there are ids for.
        case overloaded
        /// The client was stopped.
        case closed
        /// The server's address can't be used.
        case bindFailed
    }

    /// What went wrong, for callers that act on it.
    public let code: Code
    /// One line for people.
    public let message: String
    /// What the code was concluded from.
    public let underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }
}

extension DNSTransportError: CustomStringConvertible {
    public var description: String {
        if let underlying { "\(self.message): \(underlying)" } else { self.message }
    }
}
