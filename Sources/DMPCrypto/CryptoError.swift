/// Why a cryptographic operation gave no result. No case holds secret bytes.
public enum CryptoError: Error, Hashable, Sendable {
    /// A key, nonce, seed or signature has another number of bytes than its type requires.
    case wrongLength(expected: Int, actual: Int)
    /// A text is not exactly two hexadecimal digits for each byte of its type.
    case notHexadecimal
    /// A key agreement gave 32 zero bytes, because the public key has a small order (RFC 7748, section 6.1).
    case allZeroSharedSecret
    /// A ciphertext is too short, or its tag does not match the key, the nonce and the associated data.
    case authenticationFailed
    /// An Argon2id salt has fewer than 8 bytes; the value is how many it has.
    case saltTooShort(Int)
    /// A derivation was asked for a number of bytes that it can't give.
    case outputCountOutOfRange(Int)
    /// There is not enough memory for the work area of Argon2id.
    case outOfMemory
    /// A C library refused its arguments with this code.
    case primitiveFailed(code: Int32)
}

extension [UInt8] {
    /// Copies bytes of which there must be exactly `count`.
    init(_ bytes: some Collection<UInt8>, expecting count: Int) throws(CryptoError) {
        guard bytes.count == count else { throw .wrongLength(expected: count, actual: bytes.count) }
        self.init(bytes)
    }

    /// Reads exactly `2 * count` hexadecimal digits of either case.
    init(hex text: String, expecting count: Int) throws(CryptoError) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == count else { throw .notHexadecimal }
        self = bytes
    }
}
