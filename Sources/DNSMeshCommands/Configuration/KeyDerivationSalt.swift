import DMPCrypto

/// The salt of the key derivation, as `kdf_salt` states it. Source: protocol documents, "Files on disk", section 2.1.
enum KeyDerivationSalt {
    static let newByteCount = 32
    private static let fewestBytes = 8

    /// - Returns: The bytes, or `nil` for the fixed salt of folders from before there was one.
    /// - Throws: ``ConfigurationFault`` for a damaged salt. A configuration that has derived keys before must have one.
    static func bytes(in configuration: Configuration) throws(ConfigurationFault) -> [UInt8]? {
        let text = configuration.kdfSalt
        if text.isEmpty, configuration.verifyKey.isEmpty { return nil }
        guard let bytes = Hexadecimal.decode(text), bytes.count >= Self.fewestBytes else {
            throw ConfigurationFault(
                in: "kdf_salt",
                text.isEmpty ? "is missing" : "is damaged",
                next: "without it the identity can't be derived: restore the file from a backup"
            )
        }
        return bytes
    }
}
