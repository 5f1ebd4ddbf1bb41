import DMPCrypto
import DMPProtocol

/// One chunk of a backup: up to 65,536 bytes, sealed with ChaCha20-Poly1305 (RFC 8439).
///
/// The nonce is the chunk's number in 11 bytes, big-endian, and 1 for the last chunk or 0 for the others. So no chunk
/// can be left out, moved, or taken for the last. The key belongs to one file, so no nonce comes twice.
struct BackupChunk {
    static let byteCount = 65_536
    static let sealedByteCount = Self.byteCount + ChaCha20Poly1305.tagByteCount

    let number: UInt64
    let isLast: Bool

    func seal(_ bytes: ArraySlice<UInt8>, key: borrowing SecretBytes, header: [UInt8]) throws(CryptoError) -> [UInt8] {
        try ChaCha20Poly1305.seal(bytes, key: key, nonce: self.nonce, authenticating: header)
    }

    func open(_ sealed: [UInt8], key: borrowing SecretBytes, header: [UInt8]) throws(CryptoError) -> [UInt8] {
        try ChaCha20Poly1305.open(sealed, key: key, nonce: self.nonce, authenticating: header)
    }

    private var nonce: ChaCha20Poly1305.Nonce {
        get throws(CryptoError) {
            var writer = ByteWriter(capacity: ChaCha20Poly1305.Nonce.byteCount)
            writer.write([0, 0, 0])
            writer.writeInteger(self.number)
            writer.write([self.isLast ? 1 : 0])
            return try ChaCha20Poly1305.Nonce(writer.bytes)
        }
    }
}
