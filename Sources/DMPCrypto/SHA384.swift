private import CSodium

/// SHA-384 (FIPS 180-4, sections 5.3.4 and 6.5), which libsodium lacks.
///
/// It is SHA-512 from other initial values, cut to 48 bytes; so the work is left to libsodium's SHA-512.
struct SHA384: ~Copyable {
    static let byteCount = 48
    static let blockByteCount = 128

    private var state = crypto_hash_sha512_state()

    static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        var state = SHA384()
        state.update(bytes)
        return state.finalize()
    }

    static func hash(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
        var state = SHA384()
        state.update(first)
        state.update(second)
        return state.finalize()
    }

    init() {
        Sodium.start()
        unsafe Sodium.require(crypto_hash_sha512_init(&self.state))
        self.state.state = (
            0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17, 0x152f_ecd8_f70e_5939,
            0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511, 0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4
        )
    }

    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withPointer { start, count in
            unsafe Sodium.require(crypto_hash_sha512_update(&self.state, start, UInt64(count)))
        }
    }

    consuming func finalize() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 64)
        unsafe Sodium.require(crypto_hash_sha512_final(&self.state, &hash))
        return Array(hash.prefix(Self.byteCount))
    }
}
