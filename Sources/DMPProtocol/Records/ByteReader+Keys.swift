package import DMPCrypto

extension ByteReader {
    /// Reads an Ed25519 public key, 32 bytes that need not be a point.
    package mutating func readSigningKey() throws(WireError) -> Ed25519.PublicKey {
        let bytes = try self.read(Ed25519.PublicKey.byteCount)
        do { return try Ed25519.PublicKey(bytes) } catch { throw .truncated }
    }

    /// Reads an X25519 public key, any 32 bytes.
    package mutating func readEncryptionKey() throws(WireError) -> X25519.PublicKey {
        let bytes = try self.read(X25519.PublicKey.byteCount)
        do { return try X25519.PublicKey(bytes) } catch { throw .truncated }
    }

    /// Reads an Ed25519 signature, 64 bytes.
    package mutating func readSignature() throws(WireError) -> Ed25519.Signature {
        let bytes = try self.read(Ed25519.Signature.byteCount)
        do { return try Ed25519.Signature(bytes) } catch { throw .truncated }
    }
}
