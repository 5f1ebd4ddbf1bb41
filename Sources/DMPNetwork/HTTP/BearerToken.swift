/// The secret text that a node gave to those who may publish. Its descriptions don't show it.
public struct BearerToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` unless `text`, without white space around it,
    ///   is 1...4,096 printable ASCII characters without spaces.
    public init(_ text: String) throws(NetworkFailure) {
        let trimmed = text.trimmingWhitespace()
        guard (1...4096).contains(trimmed.utf8.count), trimmed.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw NetworkFailure(
                .invalidConfiguration,
                "a bearer token is 1 to 4096 printable ASCII characters without spaces"
            )
        }
        self.text = String(trimmed)
    }

    public var description: String { "BearerToken(…)" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
