private import CSodium

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// How many bytes a hash has: 32.
    public static let byteCount = 32

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] { self.hash(bytes.span) }

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: ArraySlice<UInt8>) -> [UInt8] { self.hash(bytes.span) }

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        Sodium.start()
        var hash = [UInt8](repeating: 0, count: self.byteCount)
        unsafe bytes.withPointer { start, count in
            unsafe Sodium.require(crypto_hash_sha256(&hash, start, UInt64(count)))
        }
        return hash
    }

    /// The hash of a secret followed by public bytes, which is a secret again.
    package static func hash(_ secret: borrowing SecretBytes, followedBy suffix: [UInt8]) -> SecretBytes {
        var hasher = Hasher()
        secret.withBytes { hasher.update($0) }
        hasher.update(suffix)
        return SecretBytes(count: self.byteCount) { hash in hasher.write(into: &hash) }
    }

    /// Hashes bytes that arrive in pieces, without joining them.
    public struct Hasher: ~Copyable, Sendable {
        private var state = crypto_hash_sha256_state()

        public init() {
            Sodium.start()
            unsafe Sodium.require(crypto_hash_sha256_init(&self.state))
        }

        public mutating func update(_ bytes: [UInt8]) { self.update(bytes.span) }

        public mutating func update(_ bytes: ArraySlice<UInt8>) { self.update(bytes.span) }

        public mutating func update(_ bytes: Span<UInt8>) {
            unsafe bytes.withPointer { start, count in
                unsafe Sodium.require(crypto_hash_sha256_update(&self.state, start, UInt64(count)))
            }
        }

        /// The 32-byte hash of all pieces in their order.
        public consuming func finalize() -> [UInt8] {
            var hash = [UInt8](repeating: 0, count: SHA256.byteCount)
            unsafe Sodium.require(crypto_hash_sha256_final(&self.state, &hash))
            return hash
        }

        /// Writes the hash to 32 bytes, and wipes what is left of the pieces.
        fileprivate mutating func write(into hash: inout MutableSpan<UInt8>) {
            unsafe hash.withPointer { start, count in
                precondition(count == SHA256.byteCount)
                unsafe Sodium.require(crypto_hash_sha256_final(&self.state, start))
            }
            unsafe sodium_memzero(&self.state, MemoryLayout.size(ofValue: self.state))
        }
    }
}
