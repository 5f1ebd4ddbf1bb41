/// Derives keys from a shared secret (RFC 5869, with SHA-256).
package enum HKDF {
    /// The most bytes that one derivation gives: 255 blocks of 32.
    package static let maximumByteCount = 255 * HMACSHA256.byteCount

    /// Extracts and expands.
    ///
    /// - Throws: ``CryptoError/outputCountOutOfRange(_:)`` unless `count` is in 1...8160.
    package static func sha256(
        secret: borrowing SecretBytes,
        salt: [UInt8],
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard (1...self.maximumByteCount).contains(count) else { throw .outputCountOutOfRange(count) }
        return self.expand(self.extract(secret, salt: salt), info: info, count: count)
    }

    /// The same from input that lies in ordinary memory.
    package static func sha256(
        inputKeyMaterial: [UInt8],
        salt: [UInt8],
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        try self.sha256(secret: SecretBytes(copying: inputKeyMaterial), salt: salt, info: info, count: count)
    }

    /// Section 2.2. An empty salt means 32 zero bytes, which HMAC pads to the same key.
    package static func extract(_ secret: borrowing SecretBytes, salt: [UInt8]) -> SecretBytes {
        var code = HMACSHA256(key: salt.span)
        secret.withBytes { code.update($0) }
        return SecretBytes(count: HMACSHA256.byteCount) { code.write(into: &$0) }
    }

    /// Section 2.3, in whole blocks: each is the code of the block before it, `info` and a counter.
    private static func expand(_ key: borrowing SecretBytes, info: [UInt8], count: Int) -> SecretBytes {
        let size = HMACSHA256.byteCount
        let blockCount = (count + size - 1) / size
        let blocks = SecretBytes(count: blockCount * size) { output in
            for index in 0..<blockCount {
                var code = key.withBytes { HMACSHA256(key: $0) }
                if index > 0 { code.update(output.span.extracting((index - 1) * size..<index * size)) }
                code.update(info.span)
                code.update([UInt8(index + 1)].span)
                code.write(into: &output, at: index * size)
            }
        }
        return blocks.withBytes { SecretBytes(copying: $0.extracting(first: count)) }
    }
}
