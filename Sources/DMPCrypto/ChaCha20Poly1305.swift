private import CSodium

/// Authenticated encryption with a 32-byte key (RFC 8439, section 2.8).
package enum ChaCha20Poly1305 {
    package static let keyByteCount = 32
    /// How many bytes a sealed text is longer than its plaintext.
    package static let tagByteCount = 16

    /// A 12-byte number that is used only once with a key.
    package struct Nonce: Hashable, Sendable {
        package static let byteCount = 12
        package let bytes: [UInt8]

        /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` unless there are 12 bytes.
        package init(_ bytes: some Collection<UInt8>) throws(CryptoError) {
            self.bytes = try [UInt8](bytes, expecting: Self.byteCount)
        }

        package static func random() -> Nonce { Nonce() }

        private init() { self.bytes = SecureRandom.bytes(Self.byteCount) }
    }

    /// Encrypts.
    ///
    /// - Returns: The ciphertext, as long as the plaintext, and the 16-byte tag.
    /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` for a key that has not 32 bytes.
    package static func seal(
        _ plaintext: [UInt8],
        key: borrowing SecretBytes,
        nonce: Nonce,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try self.seal(plaintext[...], key: key, nonce: nonce, authenticating: associatedData)
    }

    /// Encrypts a part of an array.
    package static func seal(
        _ plaintext: ArraySlice<UInt8>,
        key: borrowing SecretBytes,
        nonce: Nonce,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        Sodium.start()
        try key.requireCount(self.keyByteCount)
        var sealed = [UInt8](repeating: 0, count: plaintext.count + self.tagByteCount)
        unsafe key.withPointer { key, _ in
            unsafe plaintext.span.withPointer { start, count in
                unsafe Sodium.require(
                    crypto_aead_chacha20poly1305_ietf_encrypt(
                        &sealed,
                        nil,
                        start,
                        UInt64(count),
                        associatedData,
                        UInt64(associatedData.count),
                        nil,
                        nonce.bytes,
                        key
                    )
                )
            }
        }
        return sealed
    }

    /// Decrypts what `seal` returned.
    ///
    /// - Throws: ``CryptoError/authenticationFailed`` if anything differs or is missing, and
    ///   ``CryptoError/wrongLength(expected:actual:)`` for a key that has not 32 bytes.
    package static func open(
        _ sealed: [UInt8],
        key: borrowing SecretBytes,
        nonce: Nonce,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try self.open(sealed[...], key: key, nonce: nonce, authenticating: associatedData)
    }

    /// Decrypts a part of an array.
    package static func open(
        _ sealed: ArraySlice<UInt8>,
        key: borrowing SecretBytes,
        nonce: Nonce,
        authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        Sodium.start()
        try key.requireCount(self.keyByteCount)
        guard sealed.count >= self.tagByteCount else { throw .authenticationFailed }
        var plaintext = [UInt8](repeating: 0, count: sealed.count - self.tagByteCount)
        let code = unsafe key.withPointer { key, _ in
            unsafe sealed.span.withPointer { start, count in
                unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                    &plaintext,
                    nil,
                    nil,
                    start,
                    UInt64(count),
                    associatedData,
                    UInt64(associatedData.count),
                    nonce.bytes,
                    key
                )
            }
        }
        guard code == 0 else { throw .authenticationFailed }
        return plaintext
    }
}
