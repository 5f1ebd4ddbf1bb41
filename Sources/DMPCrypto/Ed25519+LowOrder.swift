extension Ed25519.PublicKey {
    /// Whether the key has order 1, 2, 4 or 8. Anybody can forge signatures under such a key, so none is valid.
    public var isLowOrder: Bool { Ed25519.isLowOrder(self.bytes[...]) }
}

extension Ed25519 {
    /// Whether 32 bytes encode a point of small order, in whatever spelling.
    static func isLowOrder(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let last = bytes.last else { return false }
        return self.lowOrder.contains { $0.last == last && $0[...] == bytes }
    }

    /// All encodings of the eight points of small order: eight canonical ones, and six that decoders also take.
    ///
    /// Source: protocol documents, "Cryptography", section "Verification, in order".
    private static let lowOrder: [[UInt8]] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        // Not canonical: a sign bit where x is 0, or y not below the prime.
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ].compactMap(Hexadecimal.decode)
}
