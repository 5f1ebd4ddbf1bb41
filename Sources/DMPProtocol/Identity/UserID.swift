public import DMPCrypto

/// What identifies a user as recipient: SHA-256 of the bytes of the long-term X25519 key.
public struct UserID: Hashable, Sendable {
    /// The bytes of an id.
    public static let byteCount = 32

    /// 32 bytes.
    public let bytes: [UInt8]

    /// The id of the user with this long-term key.
    public init(of encryptionKey: X25519.PublicKey) {
        self.bytes = SHA256.hash(encryptionKey.bytes)
    }

    /// - Throws: ``WireError/body(_:)`` unless there are 32 bytes.
    public init(_ bytes: some Collection<UInt8>) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .body(.userID) }
        self.bytes = Array(bytes)
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { Hexadecimal.encode(self.bytes) }
}
