import DMPTesting
import Testing

@testable import DMPCrypto

@Suite("Ed25519 verification")
struct Ed25519VerificationTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let id: String
            let `public`, message, signature: Hex
            let valid: Bool
        }

        let lowOrderEd25519: [Hex]
        let verify: [Case]

        enum CodingKeys: String, CodingKey {
            case verify
            case lowOrderEd25519 = "low_order_ed25519"
        }
    }

    private struct Group: Decodable {
        struct PublicKey: Decodable { let pk: Hex }

        struct Case: Decodable {
            let tcId: Int
            let msg, sig: Hex
            let result: Wycheproof<Group>.Verdict
        }

        let publicKey: PublicKey
        let tests: [Case]
    }

    private struct EdgeCase: Decodable {
        let number: Int
        let key, sig: Hex
        let msg: String
    }

    private struct Expected: Decodable { let accepted: Set<Int> }

    /// A key or signature of a wrong length can't be made, which is a refusal too.
    private static func isValid(key: [UInt8], message: [UInt8], signature: [UInt8]) -> Bool {
        do throws(CryptoError) {
            let key = try Ed25519.PublicKey(key)
            let signature = try Ed25519.Signature(signature)
            let isValid = key.isValidSignature(signature, for: message)
            // The fast answer is only ever the one that working out the equation gives.
            let byEquation = !key.isLowOrder && key.solvesEquation(signature, for: message.span)
            #expect(isValid == byEquation, "\(key) \(signature.bytes.hex)")
            if let verdict = key.libraryVerdict(on: signature, for: message.span), !key.isLowOrder {
                #expect(verdict == byEquation, "\(key) \(signature.bytes.hex)")
            }
            return isValid
        } catch {
            return false
        }
    }

    @Test("A signature gets the vector's verdict")
    func verifyVector() throws {
        let cases = try Vectors.load("crypto", as: File.self).verify
        #expect(!cases.isEmpty)
        for test in cases {
            let valid = Self.isValid(
                key: test.public.bytes,
                message: test.message.bytes,
                signature: test.signature.bytes
            )
            #expect(valid == test.valid, "\(test.id)")
        }
        Vectors.report("crypto verify", cases: cases.count)
    }

    @Test("The keys of small order are those of the vectors")
    func lowOrderVector() throws {
        let keys = try Vectors.load("crypto", as: File.self).lowOrderEd25519
        #expect(Set(keys).count == 14)
        for key in keys {
            #expect(try Ed25519.PublicKey(key.bytes).isLowOrder)
            for bit in 0..<256 {
                var other = key.bytes
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                let listed = keys.contains { $0.bytes == other }
                #expect(try Ed25519.PublicKey(other).isLowOrder == listed)
            }
        }
        Vectors.report("crypto low_order_ed25519", cases: keys.count)
    }

    @Test("Wycheproof signatures are judged as marked")
    func wycheproof() throws {
        guard let file = try Wycheproof<Group>.load("ed25519_test.json", cases: 151) else { return }
        var count = 0
        for group in file.testGroups {
            for test in group.tests {
                let valid = Self.isValid(
                    key: group.publicKey.pk.bytes,
                    message: test.msg.bytes,
                    signature: test.sig.bytes
                )
                #expect(valid == (test.result == .valid), "\(test.tcId)")
                count += 1
            }
        }
        #expect(count == file.numberOfTests)
        Vectors.report("wycheproof ed25519", cases: count)
    }

    @Test("Odd points get the same verdict as from the reference client")
    func edgeCases() throws {
        guard let cases = try PublicTestData.load("cctv/ed25519vectors.json", skipping: 914, as: [EdgeCase].self),
            let expected = try PublicTestData.load("cctv/expected.json", skipping: 914, as: Expected.self)
        else { return }
        #expect(cases.count == 914)
        #expect(expected.accepted.count == 86)
        for test in cases {
            let valid = Self.isValid(key: test.key.bytes, message: Array(test.msg.utf8), signature: test.sig.bytes)
            #expect(valid == expected.accepted.contains(test.number), "\(test.number)")
        }
        Vectors.report("cctv ed25519", cases: cases.count)
    }

    @Test("A signature is invalid with any bit changed, for another message, and under another key")
    func refusal() throws {
        let key = Ed25519.SecretKey.random()
        let message: [UInt8] = Array("a message".utf8)
        let signature = key.sign(message)
        #expect(key.publicKey.isValidSignature(signature, for: message))
        for bit in 0..<8 * Ed25519.Signature.byteCount {
            var flipped = signature.bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValidSignature(try Ed25519.Signature(flipped), for: message), "bit \(bit)")
        }
        for bit in 0..<8 * message.count {
            var flipped = message
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValidSignature(signature, for: flipped), "bit \(bit)")
        }
        #expect(!key.publicKey.isValidSignature(signature, for: message.dropLast()))
        #expect(!key.publicKey.isValidSignature(signature, for: []))
        #expect(!Ed25519.SecretKey.random().publicKey.isValidSignature(signature, for: message))
    }

    @Test("An honest signature, and one that is wrong, are judged by the library alone")
    func fastVerdicts() {
        let key = Ed25519.SecretKey.random()
        let message: [UInt8] = [1, 2, 3]
        let signature = key.sign(message)
        let verdict = key.publicKey.libraryVerdict(on: signature, for: message.span)
        // `nil` where libsodium is one that asks for eight times the equation only.
        #expect(verdict != false)
        let shorter = Array(message.dropLast())
        let other = key.publicKey.libraryVerdict(on: signature, for: shorter.span)
        #expect(other == false)
    }

    @Test("A signature with R of small order is judged by the equation")
    func smallOrderR() throws {
        let key = Ed25519.SecretKey.random().publicKey
        let signature = try Ed25519.Signature([1] + [UInt8](repeating: 0, count: 63))
        let message: [UInt8] = [1]
        let verdict = key.libraryVerdict(on: signature, for: message.span)
        #expect(verdict == nil)
        #expect(!key.isValidSignature(signature, for: message))
    }

    @Test("Damaged signatures get the verdict of the equation")
    func damaged() throws {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        let key = try Ed25519.SecretKey(seed: SecretBytes(copying: random.bytes(32)))
        let message = random.bytes(40)
        let whole = key.publicKey.bytes + key.sign(message).bytes
        for _ in 0..<300 {
            let bytes = whole.mutated(using: &random)
            guard bytes.count == whole.count else { continue }
            let (publicKey, signature) = (Array(bytes.prefix(32)), Array(bytes.suffix(64)))
            let isValid = Self.isValid(key: publicKey, message: message, signature: signature)
            #expect(isValid == (bytes == whole), "seed \(seed)")
        }
    }

    /// Half of all 32-byte strings are no points; the verdict must be a refusal and not a trap.
    @Test("No signature is valid under random keys, and none traps")
    func randomInput() throws {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let key = random.bytes(32)
            let signature = random.bytes(63) + [UInt8.random(in: 0...16, using: &random)]
            #expect(!Self.isValid(key: key, message: [1], signature: signature), "seed \(seed)")
        }
    }
}
