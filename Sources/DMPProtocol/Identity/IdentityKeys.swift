public import DMPCrypto

/// The key pairs of one user. Both come from 32 private bytes, and these from a passphrase.
///
/// Source: protocol documents, "Cryptography", section 2.
public final class IdentityKeys: Sendable {
    /// The salt of folders that were made without one: shared by everyone, so never for a new identity.
    public static let defaultSalt = Array("DMP-default-v2-argon2id".utf8)
    private static let signingSuffix = Array("DMP-v1-Ed25519-signing-key".utf8)
    private static let storageSalt = Array("dnsmesh-storage-v1".utf8)

    /// What senders address messages to.
    public let userID: UserID
    package let x25519: X25519.SecretKey
    package let ed25519: Ed25519.SecretKey

    /// What messages are sealed to when no prekey is at hand.
    public let encryptionKey: X25519.PublicKey
    /// What verifies the records of this user.
    public var signingKey: Ed25519.PublicKey { self.ed25519.publicKey }
    /// What the user reads out to others.
    public var fingerprint: Fingerprint {
        Fingerprint(encryptionKey: self.encryptionKey, signingKey: self.signingKey)
    }

    /// - Parameter privateKey: 32 bytes, which are the X25519 key and give the Ed25519 seed.
    /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` for another number of bytes.
    package init(privateKey: consuming SecretBytes) throws(CryptoError) {
        self.ed25519 = try Ed25519.SecretKey(seed: SHA256.hash(privateKey, followedBy: Self.signingSuffix))
        self.x25519 = try X25519.SecretKey(privateKey)
        self.encryptionKey = self.x25519.publicKey
        self.userID = UserID(of: self.encryptionKey)
    }

    /// Derives the keys from a passphrase; it takes the caller's thread for some tens of milliseconds and 32 MiB.
    ///
    /// - Parameters:
    ///   - passphrase: Exactly as given: neither trimmed nor normalised.
    ///   - salt: At least 8 bytes; new identities have 32 random ones.
    /// - Returns: The keys, the same for the same passphrase and salt.
    /// - Throws: ``CryptoError/saltTooShort(_:)``, ``CryptoError/outOfMemory``.
    public static func derive(passphrase: [UInt8], salt: [UInt8]) throws(CryptoError) -> IdentityKeys {
        try IdentityKeys(privateKey: Argon2id.derive(passphrase: passphrase, salt: salt))
    }

    /// A key for data at rest: HKDF-SHA256 of the private bytes, so that no key of the wire seals files.
    ///
    /// - Parameter label: What the key is for. Each use has its own.
    /// - Returns: 32 bytes.
    /// - Throws: ``CryptoError``, which a key of 32 bytes never meets.
    package func storageKey(label: String) throws(CryptoError) -> SecretBytes {
        let secret = self.x25519.withBytes { SecretBytes(copying: $0) }
        return try HKDF.sha256(secret: secret, salt: Self.storageSalt, info: Array(label.utf8), count: 32)
    }
}
