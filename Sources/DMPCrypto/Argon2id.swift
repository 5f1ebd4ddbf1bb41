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

    /// Derives a key; it takes the caller's thread for some tens of milliseconds, and one more per lane.
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
        guard let saltCount = UInt32(exactly: salt.count) else {
            throw .primitiveFailed(code: ARGON2_SALT_TOO_LONG.rawValue)
        }
        guard let passphraseCount = UInt32(exactly: passphrase.count) else {
            throw .primitiveFailed(code: ARGON2_PWD_TOO_LONG.rawValue)
        }
        return try SecretBytes(count: parameters.outputByteCount) { (key) throws(CryptoError) in
            let code = unsafe passphrase.withPointer { passphrase, _ in
                unsafe salt.span.withPointer { salt, _ in
                    unsafe key.withPointer { key, keyCount in
                        // Neither the passphrase nor the salt is written to: no flag asks for their memory to be wiped.
                        var context = unsafe argon2_context()
                        unsafe context.out = key
                        unsafe context.outlen = UInt32(keyCount)
                        unsafe context.pwd = UnsafeMutablePointer(mutating: passphrase)
                        unsafe context.pwdlen = passphraseCount
                        unsafe context.salt = UnsafeMutablePointer(mutating: salt)
                        unsafe context.saltlen = saltCount
                        unsafe context.t_cost = parameters.timeCost
                        unsafe context.m_cost = parameters.memoryKiB
                        unsafe context.lanes = parameters.lanes
                        unsafe context.threads = parameters.lanes
                        unsafe context.version = ARGON2_VERSION_13.rawValue
                        unsafe context.allocate_cbk = { unsafe Self.allocate($0, byteCount: $1) }
                        unsafe context.free_cbk = { memory, byteCount in
                            if let memory = unsafe memory { unsafe Argon2Memory.giveBack(memory, byteCount: byteCount) }
                        }
                        return unsafe argon2_ctx(&context, Argon2_id)
                    }
                }
            }
            switch code {
            case ARGON2_OK.rawValue: return
            case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue: throw .outOfMemory
            default: throw .primitiveFailed(code: code)
            }
        }
    }

    private static func allocate(
        _ memory: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
        byteCount: Int
    ) -> Int32 {
        let area = unsafe Argon2Memory.take(byteCount)
        unsafe memory?.pointee = area
        return unsafe area == nil ? ARGON2_MEMORY_ALLOCATION_ERROR.rawValue : ARGON2_OK.rawValue
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
