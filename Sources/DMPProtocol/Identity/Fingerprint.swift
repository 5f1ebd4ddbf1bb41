public import DMPCrypto

/// What two people compare to be sure of each other's keys: the first 16 hexadecimal digits of
/// SHA-256(X25519 key ‖ Ed25519 key).
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 16 lower-case hexadecimal digits.
    public let text: String

    /// The fingerprint of two public keys of one user.
    public init(encryptionKey: X25519.PublicKey, signingKey: Ed25519.PublicKey) {
        self.text = Hexadecimal.encode(SHA256.hash(encryptionKey.bytes + signingKey.bytes).prefix(8))
    }

    /// Reads what a user typed: 16 digits of either case. `nil` for anything else.
    public init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == 8 else { return nil }
        self.text = Hexadecimal.encode(bytes)
    }

    public var description: String { self.text }
}
