private import CSodium

/// Message authentication codes with a shared key of any length (RFC 2104, RFC 4231).
package enum HMAC: Hashable, Sendable, CaseIterable {
    case sha256, sha384, sha512

    /// How many bytes a code has: 32, 48 or 64.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: SHA384.byteCount
        case .sha512: 64
        }
    }

    package func code(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        self.code(for: message.span, key: key.span)
    }

    package func code(for message: [UInt8], key: borrowing SecretBytes) -> [UInt8] {
        key.withBytes { key in self.code(for: message.span, key: key) }
    }

    /// Whether `code` is the whole code of the message, compared in constant time.
    package func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        ConstantTime.areEqual(code, self.code(for: message, key: key))
    }

    /// Whether `code` is the whole code of the message, compared in constant time.
    package func isValid(_ code: [UInt8], for message: [UInt8], key: borrowing SecretBytes) -> Bool {
        ConstantTime.areEqual(code, self.code(for: message, key: key))
    }

    func code(for message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        Sodium.start()
        switch self {
        case .sha256: return Self.sha256Code(for: message, key: key)
        case .sha384: return Self.sha384Code(for: message, key: key)
        case .sha512: return Self.sha512Code(for: message, key: key)
        }
    }

    private static func sha256Code(for message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var state = HMACSHA256(key: key)
        state.update(message)
        return state.finalize()
    }

    private static func sha512Code(for message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var state = crypto_auth_hmacsha512_state()
        var code = [UInt8](repeating: 0, count: Self.sha512.byteCount)
        unsafe key.withPointer { start, count in
            unsafe Sodium.require(crypto_auth_hmacsha512_init(&state, start, count))
        }
        unsafe message.withPointer { start, count in
            unsafe Sodium.require(crypto_auth_hmacsha512_update(&state, start, UInt64(count)))
        }
        unsafe Sodium.require(crypto_auth_hmacsha512_final(&state, &code))
        unsafe sodium_memzero(&state, MemoryLayout.size(ofValue: state))
        return code
    }

    /// The construction of RFC 2104, section 2, as libsodium has none for SHA-384.
    private static func sha384Code(for message: Span<UInt8>, key: Span<UInt8>) -> [UInt8] {
        var padded = [UInt8](key)
        if padded.count > SHA384.blockByteCount { padded = SHA384.hash(key) }
        padded += [UInt8](repeating: 0, count: SHA384.blockByteCount - padded.count)
        let innerKey = padded.map { $0 ^ 0x36 }
        let outerKey = padded.map { $0 ^ 0x5c }
        let inner = SHA384.hash(innerKey.span, message)
        return SHA384.hash(outerKey.span, inner.span)
    }
}
