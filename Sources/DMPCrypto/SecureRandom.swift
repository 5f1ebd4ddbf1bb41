private import CSodium

/// Random values from the operating system's generator, for salts, nonces, identifiers and choices.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.start()
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }

    /// A number in `0..<bound`, each equally likely; 0 when `bound` is 0.
    package static func uint32(below bound: UInt32) -> UInt32 {
        Sodium.start()
        return randombytes_uniform(bound)
    }
}
