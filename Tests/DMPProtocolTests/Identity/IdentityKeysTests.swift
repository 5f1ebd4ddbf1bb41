import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Identity keys")
struct IdentityKeysTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id: String
            let passphrase: String
            let salt: Hex?
            let result: String
            let timeCost: Int?
            let memoryCost: Int?
            let parallelism: Int?
            let x25519Public: Hex?
            let ed25519Public: Hex?
        }

        let cases: [Case]
    }

    private struct CryptoFile: Decodable {
        struct Key: Decodable {
            let id: String
            let x25519Private: Hex
            let x25519Public: Hex
            let ed25519Public: Hex
            let userId: Hex
        }

        let keys: [Key]
    }

    @Test("A passphrase gives the keys of the vectors")
    func passphraseVectors() throws {
        let file: File = try Vectors.load("argon2id", convertingSnakeCase: true)
        let cases = file.cases.filter { $0.timeCost == nil && $0.memoryCost == nil && $0.parallelism == nil }
        for item in cases {
            do {
                let salt = item.salt?.bytes ?? IdentityKeys.defaultSalt
                let keys = try IdentityKeys.derive(passphrase: Array(item.passphrase.utf8), salt: salt)
                #expect(keys.encryptionKey.bytes == item.x25519Public?.bytes, "\(item.id)")
                #expect(keys.signingKey.bytes == item.ed25519Public?.bytes, "\(item.id)")
            } catch {
                #expect(item.result == "reject", "\(item.id): \(error)")
            }
        }
        Vectors.report("argon2id (identities)", cases: cases.count)
    }

    @Test("Private bytes give the keys and the user id of the vectors")
    func keyVectors() throws {
        let file: CryptoFile = try Vectors.load("crypto", convertingSnakeCase: true)
        for item in file.keys {
            let keys = try IdentityKeys(privateKey: SecretBytes(copying: item.x25519Private.bytes))
            #expect(keys.encryptionKey.bytes == item.x25519Public.bytes, "\(item.id)")
            #expect(keys.signingKey.bytes == item.ed25519Public.bytes, "\(item.id)")
            #expect(keys.userID.bytes == item.userId.bytes, "\(item.id)")
            #expect(keys.userID.hex == item.userId.bytes.hex, "\(item.id)")
        }
        Vectors.report("crypto (keys)", cases: file.keys.count)
    }

    @Test("A salt of no bytes and a private key of another length are refused")
    func refusals() {
        #expect(throws: CryptoError.saltTooShort(0)) { try IdentityKeys.derive(passphrase: [1], salt: []) }
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: 31)) {
            try IdentityKeys(privateKey: SecretBytes(copying: [UInt8](repeating: 1, count: 31)))
        }
    }

    /// The expected key was computed with Python's hmac from bytes 0, 1, … 31 and the label `inbox`.
    @Test("A key for data at rest depends on its label and is none of the others")
    func storageKey() throws {
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: (0..<32).map { UInt8($0) }))
        let inbox = try keys.storageKey(label: "inbox").unguardedBytes()
        #expect(inbox.hex == "8f1530ae968b6b084db1bd2699f29d1a5e80d414559c3cb1586f45a7f0d94eaa")
        #expect(try keys.storageKey(label: "other").unguardedBytes() != inbox)
    }

    @Test("A fingerprint is shown in small letters and read in either case")
    func fingerprint() throws {
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: (0..<32).map { UInt8($0) }))
        #expect(keys.fingerprint.text == "ad5487e2886c373e")
        #expect(Fingerprint("AD5487E2886C373E") == keys.fingerprint)
        #expect(keys.fingerprint.description == "ad5487e2886c373e")
        for wrong in ["", "ad5487e2886c373", "ad5487e2886c373e00", "zz5487e2886c373e", " d5487e2886c373e"] {
            #expect(Fingerprint(wrong) == nil)
        }
    }

    @Test("Ids have their lengths; a random message id is a version-4 UUID")
    func ids() throws {
        #expect(throws: WireError.body(.userID)) { try UserID([1, 2]) }
        #expect(throws: WireError.body(.messageID)) { try MessageID([1, 2]) }
        let id = MessageID.random()
        #expect(id.bytes.count == 16)
        #expect(id.bytes[6] >> 4 == 4)
        #expect(id.bytes[8] >> 6 == 2)
        #expect(id != MessageID.random())
        #expect(id.hex == id.bytes.hex)
    }
}
