import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Sealing for one key")
struct SessionCipherTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id: String
            let op: String
            let recipientPrivate: Hex?
            let recipientPublic: Hex?
            let ephemeralPrivate: Hex?
            let nonce: Hex?
            let aad: Hex
            let plaintext: Hex?
            let payload: Hex?
        }

        let cases: [Case]
    }

    @Test("Payloads are sealed and opened as in the vectors")
    func sessionVectors() throws {
        let file: File = try Vectors.load("session", convertingSnakeCase: true)
        for item in file.cases {
            if item.op == "encrypt" { try Self.checkSealing(item) }
            try Self.checkOpening(item)
        }
        Vectors.report("session", cases: file.cases.count)
    }

    private static func checkSealing(_ item: File.Case) throws {
        let payload: [UInt8]?
        do throws(CryptoError) {
            payload = try SessionCipher.seal(
                item.plaintext?.bytes ?? [],
                to: X25519.PublicKey(item.recipientPublic?.bytes ?? []),
                authenticating: item.aad.bytes,
                ephemeral: X25519.SecretKey(SecretBytes(copying: item.ephemeralPrivate?.bytes ?? [])),
                nonce: ChaCha20Poly1305.Nonce(item.nonce?.bytes ?? [])
            )
        } catch {
            payload = nil
        }
        #expect(payload == item.payload?.bytes, "\(item.id)")
    }

    private static func checkOpening(_ item: File.Case) throws {
        guard let secret = item.recipientPrivate, let payload = item.payload else { return }
        let key = try X25519.SecretKey(SecretBytes(copying: secret.bytes))
        let shifted = [0] + payload.bytes
        let plaintext: [UInt8]?
        do throws(CryptoError) {
            plaintext = try SessionCipher.open(shifted[1...], with: key, authenticating: item.aad.bytes)
        } catch {
            plaintext = nil
        }
        #expect(plaintext == item.plaintext?.bytes, "\(item.id)")
    }

    @Test("No two payloads of one text are alike, and each opens")
    func freshness() throws {
        let to = Samples.bob.encryptionKey
        let first = try SessionCipher.seal([1, 2], to: to, authenticating: [3])
        let second = try SessionCipher.seal([1, 2], to: to, authenticating: [3])
        #expect(first.prefix(32) != second.prefix(32))
        #expect(first[32..<44] != second[32..<44])
        #expect(first.count == 2 + SessionCipher.overhead)
        #expect(try SessionCipher.open(first[...], with: Samples.bob.x25519, authenticating: [3]) == [1, 2])
    }
}
