private import CSodium

/// Key agreement on Curve25519 (RFC 7748).
public enum X25519 {
    /// The half of a key pair that others may know: a u-coordinate of 32 bytes, little-endian.
    ///
    /// Any 32 bytes are a key; the top bit is ignored and values above the prime are reduced, but two encodings of one
    /// key are not equal.
    public struct PublicKey: Hashable, Sendable {
        /// How many bytes a key has: 32.
        public static let byteCount = 32

        /// The 32 bytes as they go over the wire.
        public let bytes: [UInt8]

        /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` unless there are 32 bytes.
        public init(_ bytes: some Collection<UInt8>) throws(CryptoError) {
            self.bytes = try [UInt8](bytes, expecting: Self.byteCount)
        }

        /// - Throws: ``CryptoError/notHexadecimal`` unless the text is 64 hexadecimal digits of either case.
        public init(hex: String) throws(CryptoError) {
            self.bytes = try [UInt8](hex: hex, expecting: Self.byteCount)
        }

        fileprivate init(privateKey: borrowing SecretBytes) {
            var bytes = [UInt8](repeating: 0, count: Self.byteCount)
            unsafe privateKey.withPointer { scalar, _ in
                unsafe Sodium.require(crypto_scalarmult_base(&bytes, scalar))
            }
            self.bytes = bytes
        }

        /// The key as 64 lower-case hexadecimal digits.
        public var hex: String { Hexadecimal.encode(self.bytes) }
    }

    /// The secret half of a key pair: 32 bytes, kept as they were given. Only the agreement itself clamps them.
    package struct SecretKey: ~Copyable, Sendable {
        package static let byteCount = 32

        private let bytes: SecretBytes

        /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` unless there are 32 bytes.
        package init(_ bytes: consuming SecretBytes) throws(CryptoError) {
            try bytes.requireCount(Self.byteCount)
            self.bytes = bytes
        }

        package static func random() -> SecretKey {
            SecretKey(checked: .random(count: Self.byteCount))
        }

        private init(checked bytes: consuming SecretBytes) {
            self.bytes = bytes
        }

        /// The half for others. It is computed each time, at the cost of an agreement: whoever only opens messages
        /// with a key never needs it.
        package var publicKey: PublicKey { PublicKey(privateKey: self.bytes) }

        /// The 32-byte result of the agreement, before any key derivation.
        ///
        /// - Throws: ``CryptoError/allZeroSharedSecret`` for a public key of small order.
        package borrowing func sharedSecret(with other: PublicKey) throws(CryptoError) -> SecretBytes {
            try SecretBytes(count: 32) { (shared) throws(CryptoError) in
                let code = unsafe self.bytes.withPointer { scalar, _ in
                    unsafe shared.withPointer { result, _ in unsafe crypto_scalarmult(result, scalar, other.bytes) }
                }
                guard code == 0 else { throw .allZeroSharedSecret }
            }
        }

        /// Lends the 32 bytes, unclamped.
        package borrowing func withBytes<Value: ~Copyable, Failure: Error>(
            _ body: (Span<UInt8>) throws(Failure) -> Value
        ) throws(Failure) -> Value {
            try self.bytes.withBytes(body)
        }
    }
}

extension X25519.PublicKey: CustomStringConvertible {
    public var description: String { self.hex }
}
