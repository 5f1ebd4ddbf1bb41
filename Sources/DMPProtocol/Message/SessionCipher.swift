package import DMPCrypto

/// Seals a message for one public key, with a key pair that lives only for this message.
///
/// Payload: ephemeral X25519 public key (32 bytes) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Nothing in it proves who sealed
/// it: a receiver opens no payload that a verified manifest does not point to.
///
/// Source: protocol documents, "Cryptography", section 4.
package enum SessionCipher {
    /// How many bytes a payload is longer than its plaintext.
    package static let overhead = prefixByteCount + ChaCha20Poly1305.tagByteCount
    /// The bytes before the ciphertext.
    package static let prefixByteCount = X25519.PublicKey.byteCount + ChaCha20Poly1305.Nonce.byteCount

    private static let salt = Array("DMP-v1".utf8)
    private static let info = Array("DMP-Message-Encryption".utf8)

    /// Seals with a fresh key pair and nonce.
    ///
    /// - Throws: ``CryptoError/allZeroSharedSecret`` for a recipient's key of small order.
    package static func seal(
        _ plaintext: [UInt8],
        to recipient: X25519.PublicKey,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try Self.seal(
            plaintext,
            to: recipient,
            authenticating: associatedData,
            ephemeral: .random(),
            nonce: .random()
        )
    }

    /// Seals with a given key pair and nonce, neither of which may ever be used again.
    ///
    /// - Throws: ``CryptoError/allZeroSharedSecret`` for a recipient's key of small order.
    package static func seal(
        _ plaintext: [UInt8],
        to recipient: X25519.PublicKey,
        authenticating associatedData: [UInt8],
        ephemeral: consuming X25519.SecretKey,
        nonce: ChaCha20Poly1305.Nonce
    ) throws(CryptoError) -> [UInt8] {
        let key = try Self.key(ephemeral.sharedSecret(with: recipient))
        let sealed = try ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticating: associatedData)
        var writer = ByteWriter(capacity: plaintext.count + Self.overhead)
        writer.write(ephemeral.publicKey.bytes)
        writer.write(nonce.bytes)
        writer.write(sealed)
        return writer.bytes
    }

    /// Opens what `seal` returned, with the private half of the key that it was sealed to.
    ///
    /// - Returns: The plaintext.
    /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` below 44 bytes,
    ///   ``CryptoError/allZeroSharedSecret`` for an ephemeral key of small order,
    ///   ``CryptoError/authenticationFailed`` if anything differs.
    package static func open(
        _ payload: ArraySlice<UInt8>,
        with secretKey: borrowing X25519.SecretKey,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let ephemeral = try X25519.PublicKey(payload.prefix(X25519.PublicKey.byteCount))
        let rest = payload.dropFirst(X25519.PublicKey.byteCount)
        let nonce = try ChaCha20Poly1305.Nonce(rest.prefix(ChaCha20Poly1305.Nonce.byteCount))
        let key = try Self.key(secretKey.sharedSecret(with: ephemeral))
        return try ChaCha20Poly1305.open(
            rest.dropFirst(ChaCha20Poly1305.Nonce.byteCount),
            key: key,
            nonce: nonce,
            authenticating: associatedData
        )
    }

    private static func key(_ sharedSecret: consuming SecretBytes) throws(CryptoError) -> SecretBytes {
        try HKDF.sha256(
            secret: sharedSecret,
            salt: Self.salt,
            info: Self.info,
            count: ChaCha20Poly1305.keyByteCount
        )
    }
}
