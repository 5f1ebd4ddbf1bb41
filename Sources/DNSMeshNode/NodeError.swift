/// Why a node could not start, or stopped. Its description is one line that says what to do.
public struct NodeError: Error, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// A setting can't be used.
        case configuration
        /// The record database can't be used.
        case store
        /// The DNS port can't be used, or its socket was lost.
        case dns
        /// The HTTP port can't be used.
        case http
    }

    public let code: Code
    public let message: String
    public let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String { self.message }
}
