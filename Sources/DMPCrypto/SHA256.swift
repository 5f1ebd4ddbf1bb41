private import CSodium

#if canImport(Crypto)
    private import Crypto
#endif

/// SHA-256 (FIPS 180-4).
///
/// Public bytes are hashed by swift-crypto, which uses the instructions that processors have for it: a message has two
/// hashes for each chunk. What is secret, or comes in pieces, is left to libsodium, whose state can be wiped; so is all
/// where this target is built without swift-crypto, as for the fuzzers.
public enum SHA256 {
    /// How many bytes a hash has: 32.
    public static let byteCount = 32

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] { self.hash(bytes.span) }

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: ArraySlice<UInt8>) -> [UInt8] { self.hash(bytes.span) }

    /// The 32-byte hash of all bytes.
    public static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        unsafe self.withHash(of: bytes) { unsafe Array($0) }
    }

    /// Appends the first `count` bytes of the hash, at most 32, to `output`.
    package static func appendHash(of bytes: Span<UInt8>, first count: Int = byteCount, to output: inout [UInt8]) {
        unsafe self.withHash(of: bytes) { unsafe output.append(contentsOf: $0.prefix(count)) }
    }

    /// Whether the hash of `bytes` begins with `expected`. Not for secrets: it stops at the first difference.
    package static func hash(of bytes: Span<UInt8>, startsWith expected: Span<UInt8>) -> Bool {
        unsafe self.withHash(of: bytes) { hash in
            guard expected.count <= hash.count else { return false }
            for index in expected.indices where unsafe hash[index] != expected[index] { return false }
            return true
        }
    }

    private static func withHash<Value>(
        of bytes: Span<UInt8>,
        _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value {
        #if canImport(Crypto)
            var hash = Crypto.SHA256()
            unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
            return unsafe hash.finalize().withUnsafeBytes { unsafe body($0) }
        #else
            Sodium.start()
            var hash = [UInt8](repeating: 0, count: self.byteCount)
            unsafe bytes.withPointer { start, count in
                unsafe Sodium.require(crypto_hash_sha256(&hash, start, UInt64(count)))
            }
            return unsafe hash.withUnsafeBytes { unsafe body($0) }
        #endif
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
