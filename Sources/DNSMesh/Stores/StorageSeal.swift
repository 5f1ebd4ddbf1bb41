import DMPCrypto
import DMPProtocol
import Foundation

/// Seals what lies on disk under a key that is derived from the identity for this purpose alone.
///
/// Sealed form: 12 random nonce bytes ‖ ciphertext ‖ 16-byte tag (ChaCha20-Poly1305, RFC 8439).
struct StorageSeal: Sendable {
    private let key: StorageKey

    init(keys: IdentityKeys, label: String) throws(CryptoError) {
        self.key = StorageKey(try keys.storageKey(label: label))
    }

    /// Seals `bytes`, bound to the place where they are kept.
    func seal(_ bytes: some Sequence<UInt8>, for context: [UInt8]) throws(CryptoError) -> [UInt8] {
        let nonce = ChaCha20Poly1305.Nonce.random()
        return nonce.bytes
            + (try ChaCha20Poly1305.seal(Array(bytes), key: self.key.bytes, nonce: nonce, authenticating: context))
    }

    /// - Throws: ``MeshError/Code/storeUnusable`` if the bytes were sealed under another identity or are damaged.
    func open(_ sealed: [UInt8], for context: [UInt8]) throws(MeshError) -> [UInt8] {
        do {
            let nonce = try ChaCha20Poly1305.Nonce(sealed.prefix(12))
            return try ChaCha20Poly1305.open(
                Array(sealed.dropFirst(12)),
                key: self.key.bytes,
                nonce: nonce,
                authenticating: context
            )
        } catch {
            throw MeshError(
                .storeUnusable,
                "an entry of the inbox can't be opened: it is damaged, or belongs to another identity",
                underlying: error
            )
        }
    }

    /// A digest that only this identity can compute, for finding equal contents without keeping them.
    func digest(_ bytes: [UInt8]) -> [UInt8] {
        HMAC.sha256.code(for: bytes, key: self.key.bytes)
    }

    private final class StorageKey: Sendable {
        let bytes: SecretBytes
        init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
    }
}
