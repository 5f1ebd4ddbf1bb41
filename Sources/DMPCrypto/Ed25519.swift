private import CSodium

/// Signatures on the Edwards form of Curve25519 (RFC 8032, section 5.1): pure, without context.
public enum Ed25519 {
    /// The key that checks signatures: a curve point in 32 bytes.
    ///
    /// Any 32 bytes can be held; no signature is valid under a key that is no point or has a small order.
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

        fileprivate init(made bytes: [UInt8]) { self.bytes = bytes }

        /// The key as 64 lower-case hexadecimal digits.
        public var hex: String { Hexadecimal.encode(self.bytes) }
    }

    /// A signature: the point R in 32 bytes and the scalar S in 32 bytes, little-endian.
    public struct Signature: Hashable, Sendable {
        /// How many bytes a signature has: 64.
        public static let byteCount = 64

        /// The 64 bytes as they go over the wire.
        public let bytes: [UInt8]

        /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` unless there are 64 bytes.
        public init(_ bytes: some Collection<UInt8>) throws(CryptoError) {
            self.bytes = try [UInt8](bytes, expecting: Self.byteCount)
        }

        fileprivate init(made bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The key that signs, made from a 32-byte seed.
    package struct SecretKey: ~Copyable, Sendable {
        package static let seedByteCount = 32

        package let publicKey: PublicKey
        /// The seed, and the public key behind it, as libsodium wants them: 64 bytes.
        private let expanded: SecretBytes

        /// - Throws: ``CryptoError/wrongLength(expected:actual:)`` unless the seed has 32 bytes.
        package init(seed: consuming SecretBytes) throws(CryptoError) {
            try seed.requireCount(Self.seedByteCount)
            self.init(checked: seed)
        }

        package static func random() -> SecretKey {
            SecretKey(checked: .random(count: Self.seedByteCount))
        }

        private init(checked seed: borrowing SecretBytes) {
            var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
            self.expanded = SecretBytes(count: 64) { expanded in
                unsafe seed.withPointer { seed, _ in
                    unsafe expanded.withPointer { expanded, _ in
                        unsafe Sodium.require(crypto_sign_seed_keypair(&publicBytes, expanded, seed))
                    }
                }
            }
            self.publicKey = PublicKey(made: publicBytes)
        }

        /// Signs; the same message gives the same signature each time.
        package borrowing func sign(_ message: [UInt8]) -> Signature { self.sign(message.span) }

        /// Signs; the same message gives the same signature each time.
        package borrowing func sign(_ message: ArraySlice<UInt8>) -> Signature { self.sign(message.span) }

        /// Lends the 32 bytes of the seed.
        package borrowing func withSeed<Value: ~Copyable, Failure: Error>(
            _ body: (Span<UInt8>) throws(Failure) -> Value
        ) throws(Failure) -> Value {
            try self.expanded.withBytes { (bytes) throws(Failure) in
                try body(bytes.extracting(first: Self.seedByteCount))
            }
        }

        private borrowing func sign(_ message: Span<UInt8>) -> Signature {
            var signature = [UInt8](repeating: 0, count: Signature.byteCount)
            unsafe self.expanded.withPointer { secretKey, _ in
                unsafe message.withPointer { start, count in
                    unsafe Sodium.require(crypto_sign_detached(&signature, nil, start, UInt64(count), secretKey))
                }
            }
            return Signature(made: signature)
        }
    }
}

extension Ed25519.PublicKey: CustomStringConvertible {
    public var description: String { self.hex }
}
