import DMPCrypto
import DMPTesting
import Testing

@Suite("Argon2id")
struct Argon2idTests {
    private struct File: Decodable {
        struct Parameters: Decodable {
            let timeCost, memoryKib, parallelism: UInt32
            let length: Int
            let defaultSalt: Hex

            enum CodingKeys: String, CodingKey {
                case parallelism, length
                case timeCost = "time_cost"
                case memoryKib = "memory_kib"
                case defaultSalt = "default_salt"
            }
        }

        struct Case: Decodable {
            let id, passphrase: String
            let salt: Hex?
            let timeCost, memoryCost, parallelism: UInt32?
            let key, x25519Public: Hex?

            enum CodingKeys: String, CodingKey {
                case id, passphrase, salt, parallelism, key
                case timeCost = "time_cost"
                case memoryCost = "memory_cost"
                case x25519Public = "x25519_public"
            }
        }

        let parameters: Parameters
        let cases: [Case]
    }

    private static let cheap = Argon2id.Parameters(timeCost: 1, memoryKiB: 8, lanes: 1, outputByteCount: 32)
    private static let salt = [UInt8](repeating: 5, count: 8)

    @Test("A passphrase gives the vector's key, or its salt is refused")
    func passphraseVector() throws {
        let file = try Vectors.load("argon2id", as: File.self)
        #expect(
            Argon2id.Parameters.identity
                == Argon2id.Parameters(
                    timeCost: file.parameters.timeCost,
                    memoryKiB: file.parameters.memoryKib,
                    lanes: file.parameters.parallelism,
                    outputByteCount: file.parameters.length
                )
        )
        for test in file.cases {
            let salt = test.salt?.bytes ?? file.parameters.defaultSalt.bytes
            var parameters = Argon2id.Parameters.identity
            parameters.timeCost = test.timeCost ?? parameters.timeCost
            parameters.memoryKiB = test.memoryCost ?? parameters.memoryKiB
            parameters.lanes = test.parallelism ?? parameters.lanes
            do {
                let key = try Argon2id.derive(
                    passphrase: Array(test.passphrase.utf8),
                    salt: salt,
                    parameters: parameters
                )
                let bytes = key.unguardedBytes()
                #expect(bytes == test.key?.bytes, "\(test.id)")
                let publicKey = try X25519.SecretKey(key).publicKey
                #expect(publicKey.bytes == test.x25519Public?.bytes, "\(test.id)")
            } catch CryptoError.saltTooShort(let count) {
                #expect(test.key == nil && count == salt.count, "\(test.id)")
            }
        }
        Vectors.report("argon2id", cases: file.cases.count)
    }

    @Test("A guarded passphrase gives the same key as one in ordinary memory")
    func guarded() throws {
        let key = try Argon2id.derive(passphrase: [0, 1, 0], salt: Self.salt, parameters: Self.cheap)
            .unguardedBytes()
        let again = try Argon2id.derive(
            passphrase: SecretBytes(copying: [0, 1, 0]),
            salt: Self.salt,
            parameters: Self.cheap
        ).unguardedBytes()
        #expect(key == again)
    }

    @Test("Derivations one after the other and at once give the same key, whatever memory they get")
    func repeated() async throws {
        var parameters = Argon2id.Parameters.identity
        parameters.timeCost = 1
        let (large, cheap) = (parameters, Self.cheap)
        let derive: @Sendable (Argon2id.Parameters) throws -> [UInt8] = { parameters in
            try Argon2id.derive(passphrase: [7], salt: Self.salt, parameters: parameters).unguardedBytes()
        }
        let first = try [derive(large), derive(cheap)]
        #expect(first[0] != first[1])
        for _ in 0..<3 { #expect(try [derive(large), derive(cheap)] == first) }
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<4 { group.addTask { try derive(large) } }
            for try await key in group { #expect(key == first[0]) }
        }
    }

    @Test("A salt of fewer than 8 bytes is refused", arguments: [0, 7])
    func shortSalt(count: Int) {
        #expect(throws: CryptoError.saltTooShort(count)) {
            _ = try Argon2id.derive(
                passphrase: [1],
                salt: [UInt8](repeating: 5, count: count),
                parameters: Self.cheap
            )
        }
    }

    @Test("A key length out of range is refused", arguments: [-1, 0, 3, 1025, Int.max])
    func outputCount(count: Int) {
        var parameters = Self.cheap
        parameters.outputByteCount = count
        #expect(throws: CryptoError.outputCountOutOfRange(count)) {
            _ = try Argon2id.derive(passphrase: [1], salt: Self.salt, parameters: parameters)
        }
    }

    @Test("Parameters that the library refuses are an error with its code")
    func badParameters() {
        let refusals: [(WritableKeyPath<Argon2id.Parameters, UInt32>, Int32)] = [
            (\.timeCost, -12), (\.memoryKiB, -14), (\.lanes, -16),
        ]
        for (parameter, code) in refusals {
            var parameters = Self.cheap
            parameters[keyPath: parameter] = 0
            #expect(throws: CryptoError.primitiveFailed(code: code)) {
                _ = try Argon2id.derive(passphrase: [1], salt: Self.salt, parameters: parameters)
            }
        }
    }
}
