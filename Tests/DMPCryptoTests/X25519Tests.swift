import DMPCrypto
import DMPTesting
import Testing

@Suite("X25519")
struct X25519Tests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let `public`, `private`, shared: Hex
            let result: Wycheproof<Group>.Verdict
        }

        let tests: [Case]
    }

    private struct File: Decodable {
        struct Key: Decodable {
            let id: String
            let x25519Private, x25519Public, userId: Hex

            enum CodingKeys: String, CodingKey {
                case id
                case x25519Private = "x25519_private"
                case x25519Public = "x25519_public"
                case userId = "user_id"
            }
        }

        struct Agreement: Decodable {
            let id: String
            let `private`, `public`: Hex
            let shared: Hex?
        }

        let keys: [Key]
        let x25519: [Agreement]
    }

    /// The shared secret, or `nil` when it would be 32 zero bytes.
    private static func agree(_ secret: Hex, _ other: Hex) throws -> [UInt8]? {
        let key = try X25519.SecretKey(SecretBytes(copying: secret.bytes))
        let otherKey = try X25519.PublicKey(other.bytes)
        do {
            return try key.sharedSecret(with: otherKey).unguardedBytes()
        } catch CryptoError.allZeroSharedSecret {
            return nil
        }
    }

    @Test("Wycheproof agreements give the marked secret, and an all-zero one is an error")
    func wycheproof() throws {
        guard let file = try Wycheproof<Group>.load("x25519_test.json", cases: 518) else { return }
        let zero = [UInt8](repeating: 0, count: 32)
        var (count, refused) = (0, 0)
        for test in file.testGroups.flatMap(\.tests) {
            let shared = try Self.agree(test.private, test.public)
            #expect(shared == (test.shared.bytes == zero ? nil : test.shared.bytes), "\(test.tcId)")
            count += 1
            refused += shared == nil ? 1 : 0
        }
        #expect(count == file.numberOfTests)
        #expect(refused == 31)
        Vectors.report("wycheproof x25519", cases: count)
    }

    @Test("A private key has the vector's public key and user id")
    func keyVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).keys
        #expect(!cases.isEmpty)
        for test in cases {
            let key = try X25519.SecretKey(SecretBytes(copying: test.x25519Private.bytes))
            let kept = key.withBytes { SecretBytes(copying: $0).unguardedBytes() }
            #expect(key.publicKey.bytes == test.x25519Public.bytes, "\(test.id)")
            #expect(SHA256.hash(key.publicKey.bytes) == test.userId.bytes, "\(test.id)")
            #expect(kept == test.x25519Private.bytes, "\(test.id): the key must stay unclamped")
        }
        Vectors.report("crypto keys", cases: cases.count)
    }

    @Test("Two keys agree on the vector's secret, or are refused")
    func agreementVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).x25519
        #expect(!cases.isEmpty)
        for test in cases {
            #expect(try Self.agree(test.private, test.public) == test.shared?.bytes, "\(test.id)")
        }
        Vectors.report("crypto x25519", cases: cases.count)
    }

    @Test("Both sides of random keys agree")
    func random() throws {
        let one = X25519.SecretKey.random()
        let other = X25519.SecretKey.random()
        let (first, second) = (one.publicKey, other.publicKey)
        let shared = try one.sharedSecret(with: other.publicKey).unguardedBytes()
        let again = try other.sharedSecret(with: one.publicKey).unguardedBytes()
        #expect(shared == again)
        #expect(first != second)
    }

    @Test("A key of another length is refused", arguments: [0, 31, 33])
    func length(count: Int) {
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            try X25519.PublicKey([UInt8](repeating: 9, count: count))
        }
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            _ = try X25519.SecretKey(.random(count: count))
        }
    }

    @Test("A public key reads both cases of hexadecimal digits, and writes lower case")
    func hex() throws {
        let digits = String(repeating: "aF", count: 32)
        let key = try X25519.PublicKey(hex: digits)
        #expect(key.hex == digits.lowercased())
        #expect("\(key)" == key.hex)
        #expect(try X25519.PublicKey(key.bytes) == key)
    }

    @Test(
        "A public key is not read from other texts",
        arguments: [
            "", String(repeating: "a", count: 63), String(repeating: "a", count: 66),
            String(repeating: "a", count: 63) + "g", " " + String(repeating: "a", count: 63),
            "0x" + String(repeating: "a", count: 62), String(repeating: "\u{ff11}", count: 64),
        ]
    )
    func notHex(text: String) {
        #expect(throws: CryptoError.notHexadecimal) { try X25519.PublicKey(hex: text) }
    }
}
