private import DMPCrypto

/// The bearer token of the node's operator. Its text never shows in a description.
public struct OperatorToken: Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// - Returns: `nil` for an empty text.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.bytes = Array(text.utf8)
    }

    /// Compares in a time that tells nothing but the length.
    func matches(_ text: some StringProtocol) -> Bool {
        ConstantTime.areEqual(self.bytes, Array(text.utf8))
    }

    public var description: String { "(operator token)" }
}
