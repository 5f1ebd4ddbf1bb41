extension Ed25519.PublicKey {
    /// Whether the key has order 1, 2, 4 or 8. Anybody can forge signatures under such a key, so none is valid.
    public var isLowOrder: Bool { Self.lowOrder.contains(self.bytes) }

    /// All encodings of the eight points of small order: eight canonical ones, and six that decoders also take.
    ///
    /// Source: protocol documents, "Cryptography", section "Verification, in order".
    private static let lowOrder: Set<[UInt8]> = {
        let order8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc"
        let otherOrder8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03"
        let zeros = String(repeating: "00", count: 30)
        let ones = String(repeating: "ff", count: 30)
        let encodings = [
            "01\(zeros)00", "ec\(ones)7f", "00\(zeros)00", "00\(zeros)80",
            "\(order8)05", "\(order8)85", "\(otherOrder8)7a", "\(otherOrder8)fa",
            "01\(zeros)80", "ec\(ones)ff", "ed\(ones)7f", "ed\(ones)ff", "ee\(ones)7f", "ee\(ones)ff",
        ]
        return Set(encodings.compactMap(Hexadecimal.decode))
    }()
}
