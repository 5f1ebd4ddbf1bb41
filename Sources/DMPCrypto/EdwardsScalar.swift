private import CSodium

/// A public number below the order of the base point of Ed25519, as 32 bytes, little-endian.
struct EdwardsScalar {
    let bytes: [UInt8]

    /// - Returns: `nil` unless the 32 bytes are below the group order.
    init?(canonical bytes: ArraySlice<UInt8>) {
        self.init(reducing: Array(bytes) + [UInt8](repeating: 0, count: 32))
        guard self.bytes[...] == bytes else { return nil }
    }

    /// Reduces 64 bytes, little-endian, modulo the group order.
    init(reducing wide: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 32)
        precondition(wide.count == 64)
        unsafe crypto_core_ed25519_scalar_reduce(&bytes, wide)
        self.bytes = bytes
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    var isZero: Bool { self.bytes.allSatisfy { $0 == 0 } }

    /// The quotient, without the rest.
    var dividedByEight: EdwardsScalar {
        EdwardsScalar(
            bytes: self.bytes.indices.map { index in
                let carried = index + 1 < self.bytes.count ? self.bytes[index + 1] << 5 : 0
                return self.bytes[index] >> 3 | carried
            }
        )
    }
}
