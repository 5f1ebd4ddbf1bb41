private import CSodium

extension Ed25519.PublicKey {
    /// Whether this key made the signature for exactly these bytes.
    ///
    /// The rule, the same on all platforms: the key is a point and not of small order, S is below the group order, and
    /// R equals, byte for byte, the encoding of S·B − k·A with k = SHA-512(R ‖ A ‖ message).
    ///
    /// libsodium's own check is three times as fast as working the equation out with its points, but has a rule of its
    /// own: see ``libraryVerdict(on:for:)``.
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
        guard !self.isLowOrder else { return false }
        return self.libraryVerdict(on: signature, for: message) ?? self.solvesEquation(signature, for: message)
    }

    /// What libsodium's check says about a signature under a key that is not of small order; `nil` where its rule may
    /// say something else than ours.
    ///
    /// It refuses more: each R of small order, and keys in a spelling that is not canonical. And its later versions
    /// also take signatures for which only eight times the equation holds.
    func libraryVerdict(on signature: Ed25519.Signature, for message: Span<UInt8>) -> Bool? {
        let code = unsafe message.withPointer { start, count in
            unsafe crypto_sign_verify_detached(signature.bytes, start, UInt64(count), self.bytes)
        }
        if code == 0 { return Self.libraryIsExact ? true : nil }
        return self.isCanonical && !Ed25519.isLowOrder(signature.bytes.prefix(32)) ? false : nil
    }

    /// Whether this libsodium asks for the equation itself: it refuses a signature, made for this question, for which
    /// eight times the equation holds but not the equation.
    private static let libraryIsExact: Bool = {
        let key = Hexadecimal.decode("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
        let signature = Hexadecimal.decode(
            "ae56cd6fc7080d284893001103dfb241d05a87e103c50f470a4c47c768a0ee43"
                + "d44d6d5f6e5956dc8c1417d9ccf468e39b0c864f43a806a342a2ed763108f70b"
        )
        guard let key, let signature else { return false }
        return unsafe crypto_sign_verify_detached(signature, [], 0, key) != 0
    }()

    /// Whether the y-coordinate is below the prime 2²⁵⁵ − 19, so that no other bytes spell this point.
    private var isCanonical: Bool {
        self.bytes[31] & 0x7f != 0x7f || self.bytes[1..<31].contains { $0 != 0xff } || self.bytes[0] < 0xed
    }

    /// The rule itself, worked out with libsodium's points.
    func solvesEquation(_ signature: Ed25519.Signature, for message: Span<UInt8>) -> Bool {
        let r = signature.bytes.prefix(32)
        guard let s = EdwardsScalar(canonical: signature.bytes.suffix(32)) else { return false }
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
