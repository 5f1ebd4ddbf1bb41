import DMPCrypto
import DMPTesting
import Testing

/// The proof that a client holds an X25519 key, as a node checks it: an HMAC under the raw shared secret.
@Suite("Proofs of possession")
struct ProofOfPossessionVectorTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id, subject: String
            let serverPrivate, serverPublic, clientPublic, challenge, pop: Hex
            let clientPrivate: Hex?
            let valid: Bool

            enum CodingKeys: String, CodingKey {
                case id, subject, challenge, pop, valid
                case serverPrivate = "server_private"
                case serverPublic = "server_public"
                case clientPublic = "client_public"
                case clientPrivate = "client_private"
            }
        }

        let pop: [Case]
    }

    @Test("A proof is made and judged like the vector's")
    func proofVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).pop
        #expect(!cases.isEmpty)
        for test in cases {
            let message = test.challenge.bytes + Array(test.subject.utf8) + test.clientPublic.bytes
            #expect(try Self.isValid(test, message: message) == test.valid, "\(test.id)")
            if let secret = test.clientPrivate {
                let client = try X25519.SecretKey(SecretBytes(copying: secret.bytes))
                let shared = try client.sharedSecret(with: X25519.PublicKey(test.serverPublic.bytes))
                let proof = HMAC.sha256.code(for: message, key: shared)
                #expect(proof == test.pop.bytes, "\(test.id)")
            }
        }
        Vectors.report("crypto pop", cases: cases.count)
    }

    private static func isValid(_ test: File.Case, message: [UInt8]) throws -> Bool {
        let server = try X25519.SecretKey(SecretBytes(copying: test.serverPrivate.bytes))
        do {
            let shared = try server.sharedSecret(with: X25519.PublicKey(test.clientPublic.bytes))
            return HMAC.sha256.isValid(test.pop.bytes, for: message, key: shared)
        } catch CryptoError.allZeroSharedSecret {
            return false
        }
    }
}
