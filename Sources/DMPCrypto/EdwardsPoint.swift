private import CSodium

/// A point of the curve of Ed25519, of any order, as libsodium encodes it. Not for secret scalars.
struct EdwardsPoint {
    static let identity = EdwardsPoint(bytes: [1] + [UInt8](repeating: 0, count: 31))

    let bytes: [UInt8]

    /// The base point times a scalar below the group order.
    static func base(times scalar: EdwardsScalar) -> EdwardsPoint? {
        if scalar.isZero { return .identity }  // libsodium refuses a product that is the identity
        return unsafe self.written { unsafe crypto_scalarmult_ed25519_base_noclamp($0, scalar.bytes) }
    }

    /// This point times a scalar below the group order; `nil` if the bytes are no point.
    ///
    /// libsodium multiplies points of the large prime order only. Eight times this point is one of those, or the
    /// identity, so the scalar is split into a multiple of eight and a rest of three bits.
    func times(_ scalar: EdwardsScalar) -> EdwardsPoint? {
        guard let double = self + self, let quadruple = double + double, let eightfold = quadruple + quadruple
        else { return nil }
        var product: EdwardsPoint? = .identity
        let eighths = scalar.dividedByEight
        if !eighths.isZero {
            product = unsafe Self.written {
                unsafe crypto_scalarmult_ed25519_noclamp($0, eighths.bytes, eightfold.bytes)
            }
        }
        for (bit, multiple) in [(1, self), (2, double), (4, quadruple)] as [(UInt8, EdwardsPoint)]
        where scalar.bytes[0] & bit != 0 {
            product = product.flatMap { $0 + multiple }
        }
        return product
    }

    static func + (left: EdwardsPoint, right: EdwardsPoint) -> EdwardsPoint? {
        unsafe self.written { unsafe crypto_core_ed25519_add($0, left.bytes, right.bytes) }
    }

    static func - (left: EdwardsPoint, right: EdwardsPoint) -> EdwardsPoint? {
        unsafe self.written { unsafe crypto_core_ed25519_sub($0, left.bytes, right.bytes) }
    }

    private static func written(by operation: (UnsafeMutablePointer<UInt8>) -> Int32) -> EdwardsPoint? {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard unsafe operation(&bytes) == 0 else { return nil }
        return EdwardsPoint(bytes: bytes)
    }
}
