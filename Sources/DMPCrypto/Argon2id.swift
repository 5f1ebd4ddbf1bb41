private import CArgon2

/// Keys from passphrases (RFC 9106, version 0x13), with free choice of the number of lanes.
package enum Argon2id {
    package static let minimumSaltByteCount = 8

    package struct Parameters: Hashable, Sendable {
        /// How often the whole memory is passed over.
        package var timeCost: UInt32
        package var memoryKiB: UInt32
        /// How many lanes, each worked on by its own thread.
        package var lanes: UInt32
        package var outputByteCount: Int

        package init(timeCost: UInt32, memoryKiB: UInt32, lanes: UInt32, outputByteCount: Int) {
            self.timeCost = timeCost
            self.memoryKiB = memoryKiB
            self.lanes = lanes
            self.outputByteCount = outputByteCount
        }

        /// Those of identity keys. Source: protocol documents, "Cryptography", section "From a passphrase".
        package static let identity = Parameters(timeCost: 2, memoryKiB: 32_768, lanes: 2, outputByteCount: 32)
    }

    /// Derives a key; it takes the caller's thread for some tens of milliseconds.
    ///
    /// - Parameters:
    ///   - passphrase: Any bytes, also none or zero bytes.
    ///   - salt: At least 8 bytes.
    ///   - parameters: The cost, and how many bytes to make.
    /// - Returns: `parameters.outputByteCount` bytes.
    /// - Throws: ``CryptoError/saltTooShort(_:)``, ``CryptoError/outOfMemory``,
    ///   ``CryptoError/outputCountOutOfRange(_:)`` outside 4...1024 bytes, and
    ///   ``CryptoError/primitiveFailed(code:)`` for other parameters that libargon2 refuses.
    package static func derive(
        passphrase: borrowing SecretBytes,
        salt: [UInt8],
        parameters: Parameters = .identity
    ) throws(CryptoError) -> SecretBytes {
        guard salt.count >= self.minimumSaltByteCount else { throw .saltTooShort(salt.count) }
        guard (4...1024).contains(parameters.outputByteCount) else {
            throw .outputCountOutOfRange(parameters.outputByteCount)
        }
        return try SecretBytes(count: parameters.outputByteCount) { (key) throws(CryptoError) in
            let code = unsafe passphrase.withPointer { passphrase, passphraseCount in
                unsafe key.withPointer { key, keyCount in
                    unsafe argon2id_hash_raw(
                        parameters.timeCost,
                        parameters.memoryKiB,
                        parameters.lanes,
                        passphrase,
                        passphraseCount,
                        salt,
                        salt.count,
                        key,
                        keyCount
                    )
                }
            }
            switch code {
            case ARGON2_OK.rawValue: return
            case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue: throw .outOfMemory
            default: throw .primitiveFailed(code: code)
            }
        }
    }

    /// Derives a key from a passphrase that lies in ordinary memory.
    package static func derive(
        passphrase: [UInt8],
        salt: [UInt8],
        parameters: Parameters = .identity
    ) throws(CryptoError) -> SecretBytes {
        try self.derive(passphrase: SecretBytes(copying: passphrase), salt: salt, parameters: parameters)
    }
}
