private import CSodium

extension Ed25519.PublicKey {
    /// Whether this key made the signature for exactly these bytes.
    ///
    /// The rule, the same on all platforms: the key is a point and not of small order, S is below the group order, and
    /// R equals, byte for byte, the encoding of S·B − k·A with k = SHA-512(R ‖ A ‖ message). The equation is worked
    /// out here because libsodium's own check refuses each R of small order, and its later versions also take
    /// signatures for which only eight times the equation holds.
    ///
    /// Source: protocol documents, "Cryptography", section "Verification, in order"; RFC 8032, section 5.1.7.
    public func isValidSignature(_ signature: Ed25519.Signature, for message: [UInt8]) -> Bool {
        self.isValidSignature(signature, for: message.span)
    }

    /// Whether this key made the signature for exactly this part of an array.
    public func isValidSignature(_ signature: Ed25519.Signature, for message: ArraySlice<UInt8>) -> Bool {
        self.isValidSignature(signature, for: message.span)
    }

    private func isValidSignature(_ signature: Ed25519.Signature, for message: Span<UInt8>) -> Bool {
        Sodium.start()
        let r = signature.bytes.prefix(32)
        guard !self.isLowOrder, let s = EdwardsScalar(canonical: signature.bytes.suffix(32)) else { return false }
        let k = EdwardsScalar(reducing: self.challenge(r: r, message: message))
        guard let sB = EdwardsPoint.base(times: s), let kA = EdwardsPoint(bytes: self.bytes).times(k),
            let expected = sB - kA
        else { return false }
        return expected.bytes[...] == r
    }

    /// SHA-512(R ‖ A ‖ message), 64 bytes.
    private func challenge(r: ArraySlice<UInt8>, message: Span<UInt8>) -> [UInt8] {
        var state = crypto_hash_sha512_state()
        var hash = [UInt8](repeating: 0, count: 64)
        unsafe Sodium.require(crypto_hash_sha512_init(&state))
        unsafe r.span.withPointer { start, count in
            unsafe Sodium.require(crypto_hash_sha512_update(&state, start, UInt64(count)))
        }
        unsafe Sodium.require(crypto_hash_sha512_update(&state, self.bytes, UInt64(self.bytes.count)))
        unsafe message.withPointer { start, count in
            unsafe Sodium.require(crypto_hash_sha512_update(&state, start, UInt64(count)))
        }
        unsafe Sodium.require(crypto_hash_sha512_final(&state, &hash))
        return hash
    }
}
