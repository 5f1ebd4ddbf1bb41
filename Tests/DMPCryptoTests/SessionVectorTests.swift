import DMPCrypto
import DMPTesting
import Testing

/// The primitives in the order in which a message uses them, checked at each step.
@Suite("Session vectors")
struct SessionVectorTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id, op: String
            let recipientPrivate, aad, payload: Hex
            let plaintext: Hex?
            let recipientPublic, ephemeralPrivate, ephemeralPublic, nonce, shared, prk, key, ciphertext: Hex?

            enum CodingKeys: String, CodingKey {
                case id, op, aad, payload, plaintext, nonce, shared, prk, key, ciphertext
                case recipientPrivate = "recipient_private"
                case recipientPublic = "recipient_public"
                case ephemeralPrivate = "ephemeral_private"
                case ephemeralPublic = "ephemeral_public"
            }
        }

        let cases: [Case]
    }

    private static let salt = Array("DMP-v1".utf8)
    private static let info = Array("DMP-Message-Encryption".utf8)

    @Test("Key agreement, derivation and sealing give the vector's bytes")
    func encryptVector() throws {
        let cases = try Vectors.load("session", as: File.self).cases.filter { $0.op == "encrypt" }
        #expect(!cases.isEmpty)
        for test in cases {
            let comment = Comment(rawValue: test.id)
            let ephemeral = try X25519.SecretKey(SecretBytes(copying: #require(test.ephemeralPrivate).bytes))
            #expect(ephemeral.publicKey.bytes == test.ephemeralPublic?.bytes, comment)
            let recipient = try X25519.PublicKey(#require(test.recipientPublic).bytes)
            let shared = try ephemeral.sharedSecret(with: recipient)
            let extracted = HKDF.extract(shared, salt: Self.salt)
            let key = try HKDF.sha256(secret: shared, salt: Self.salt, info: Self.info, count: 32)
            let (sharedBytes, extractedBytes, keyBytes) = (
                shared.unguardedBytes(), extracted.unguardedBytes(), key.unguardedBytes()
            )
            #expect(sharedBytes == test.shared?.bytes, comment)
            #expect(extractedBytes == test.prk?.bytes, comment)
            #expect(keyBytes == test.key?.bytes, comment)
            let nonce = try ChaCha20Poly1305.Nonce(#require(test.nonce).bytes)
            let sealed = try ChaCha20Poly1305.seal(
                #require(test.plaintext).bytes,
                key: key,
                nonce: nonce,
                authenticating: test.aad.bytes
            )
            #expect(sealed == test.ciphertext?.bytes, comment)
            #expect(ephemeral.publicKey.bytes + nonce.bytes + sealed == test.payload.bytes, comment)
        }
        Vectors.report("session encrypt", cases: cases.count)
    }

    @Test("A payload opens to the vector's text, or is refused")
    func decryptVector() throws {
        let cases = try Vectors.load("session", as: File.self).cases.filter { $0.op == "decrypt" }
        #expect(!cases.isEmpty)
        for test in cases {
            var text: [UInt8]?
            do throws(CryptoError) { text = try Self.open(test) } catch { text = nil }
            #expect(text == test.plaintext?.bytes, "\(test.id)")
        }
        Vectors.report("session decrypt", cases: cases.count)
    }

    private static func open(_ test: File.Case) throws(CryptoError) -> [UInt8] {
        let payload = test.payload.bytes
        let ephemeral = try X25519.PublicKey(payload.prefix(32))
        let nonce = try ChaCha20Poly1305.Nonce(payload.dropFirst(32).prefix(12))
        let recipient = try X25519.SecretKey(SecretBytes(copying: test.recipientPrivate.bytes))
        let shared = try recipient.sharedSecret(with: ephemeral)
        let key = try HKDF.sha256(secret: shared, salt: Self.salt, info: Self.info, count: 32)
        return try ChaCha20Poly1305.open(
            payload.dropFirst(44),
            key: key,
            nonce: nonce,
            authenticating: test.aad.bytes
        )
    }
}
