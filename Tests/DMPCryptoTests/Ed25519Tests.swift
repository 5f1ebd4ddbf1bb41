import DMPCrypto
import DMPTesting
import Testing

@Suite("Ed25519 keys and signing")
struct Ed25519Tests {
    private struct File: Decodable {
        struct Key: Decodable {
            let id: String
            let x25519Private, ed25519Seed, ed25519Public: Hex

            enum CodingKeys: String, CodingKey {
                case id
                case x25519Private = "x25519_private"
                case ed25519Seed = "ed25519_seed"
                case ed25519Public = "ed25519_public"
            }
        }

        struct Signing: Decodable {
            let id: String
            let ed25519Seed, ed25519Public, message, signature: Hex

            enum CodingKeys: String, CodingKey {
                case id, message, signature
                case ed25519Seed = "ed25519_seed"
                case ed25519Public = "ed25519_public"
            }
        }

        let keys: [Key]
        let sign: [Signing]
    }

    @Test("A seed made from a private key has the vector's public key")
    func keyVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).keys
        #expect(!cases.isEmpty)
        for test in cases {
            let seed = SHA256.hash(
                SecretBytes(copying: test.x25519Private.bytes),
                followedBy: Array("DMP-v1-Ed25519-signing-key".utf8)
            )
            let key = try Ed25519.SecretKey(seed: seed)
            let kept = key.withSeed { SecretBytes(copying: $0).unguardedBytes() }
            #expect(kept == test.ed25519Seed.bytes, "\(test.id)")
            #expect(key.publicKey.bytes == test.ed25519Public.bytes, "\(test.id)")
        }
        Vectors.report("crypto keys", cases: cases.count)
    }

    @Test("A message is signed to the vector's bytes, and verifies")
    func signVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).sign
        #expect(!cases.isEmpty)
        for test in cases {
            let key = try Ed25519.SecretKey(seed: SecretBytes(copying: test.ed25519Seed.bytes))
            let signature = key.sign(test.message.bytes)
            #expect(signature.bytes == test.signature.bytes, "\(test.id)")
            #expect(key.publicKey.bytes == test.ed25519Public.bytes, "\(test.id)")
            #expect(key.publicKey.isValidSignature(signature, for: test.message.bytes), "\(test.id)")
        }
        Vectors.report("crypto sign", cases: cases.count)
    }

    @Test("A part of an array is signed and verified like its copy")
    func slice() {
        let key = Ed25519.SecretKey.random()
        let signature = key.sign([0, 1, 2, 0][1..<3])
        #expect(key.sign([1, 2]) == signature)
        #expect(key.publicKey.isValidSignature(signature, for: [9, 1, 2][1...]))
    }

    @Test("A key or signature of another length is refused", arguments: [0, 31, 33, 63, 65])
    func length(count: Int) {
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            try Ed25519.PublicKey([UInt8](repeating: 9, count: count))
        }
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            _ = try Ed25519.SecretKey(seed: .random(count: count))
        }
        #expect(throws: CryptoError.wrongLength(expected: 64, actual: count)) {
            try Ed25519.Signature([UInt8](repeating: 9, count: count))
        }
    }

    @Test("A public key goes through hexadecimal digits and back")
    func hex() throws {
        let key = Ed25519.SecretKey.random().publicKey
        #expect(try Ed25519.PublicKey(hex: key.hex) == key)
        #expect(try Ed25519.PublicKey(hex: key.hex.uppercased()) == key)
        #expect("\(key)" == key.hex)
        #expect(throws: CryptoError.notHexadecimal) { try Ed25519.PublicKey(hex: key.hex + "00") }
    }
}
