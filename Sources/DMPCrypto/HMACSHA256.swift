private import CSodium

/// HMAC-SHA-256 over a message that arrives in pieces, with a code that may itself be a secret.
struct HMACSHA256: ~Copyable {
    static let byteCount = 32

    private var state = crypto_auth_hmacsha256_state()

    init(key: Span<UInt8>) {
        Sodium.start()
        unsafe key.withPointer { start, count in
            unsafe Sodium.require(crypto_auth_hmacsha256_init(&self.state, start, count))
        }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withPointer { start, count in
            unsafe Sodium.require(crypto_auth_hmacsha256_update(&self.state, start, UInt64(count)))
        }
    }

    /// Writes the code to 32 bytes of `output`, which must hold them, and wipes the state.
    mutating func write(into output: inout MutableSpan<UInt8>, at offset: Int = 0) {
        unsafe output.withPointer { start, count in
            precondition(offset >= 0 && count - offset >= Self.byteCount)
            unsafe Sodium.require(crypto_auth_hmacsha256_final(&self.state, start + offset))
        }
        unsafe sodium_memzero(&self.state, MemoryLayout.size(ofValue: self.state))
    }

    consuming func finalize() -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.byteCount)
        var span = code.mutableSpan
        self.write(into: &span)
        return code
    }
}
