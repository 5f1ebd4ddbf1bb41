import DMPCrypto
import DMPTesting
import Testing

@Suite("HMAC")
struct HMACTests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let key, msg, tag: Hex
            let result: Wycheproof<Group>.Verdict
        }

        let tagSize: Int
        let tests: [Case]
    }

    @Test(
        "Wycheproof codes are judged as marked, also those cut to half",
        arguments: [(HMAC.sha256, "sha256"), (.sha384, "sha384"), (.sha512, "sha512")]
    )
    func wycheproof(hmac: HMAC, name: String) throws {
        guard let file = try Wycheproof<Group>.load("hmac_\(name)_test.json", cases: 174) else { return }
        var count = 0
        for group in file.testGroups {
            for test in group.tests {
                let code = Array(hmac.code(for: test.msg.bytes, key: test.key.bytes).prefix(group.tagSize / 8))
                let valid = ConstantTime.areEqual(code, test.tag.bytes)
                #expect(valid == (test.result == .valid), "\(name) \(test.tcId)")
                count += 1
            }
        }
        #expect(count == file.numberOfTests)
        Vectors.report("wycheproof hmac-\(name)", cases: count)
    }

    /// RFC 4231, section 4.7: a key longer than a block of any of the hashes.
    @Test(
        "A key longer than a block is hashed first",
        arguments: [
            (.sha256, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            (
                .sha384,
                """
                4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952
                """
            ),
            (
                .sha512,
                """
                80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52
                95e64f73f63f0aec8b915a985d786598
                """
            ),
        ] as [(HMAC, Hex)]
    )
    func longKey(hmac: HMAC, code: Hex) {
        let key = [UInt8](repeating: 0xaa, count: 131)
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(hmac.code(for: message, key: key) == code.bytes)
        let guarded = hmac.code(for: message, key: SecretBytes(copying: key))
        #expect(guarded == code.bytes)
        #expect(hmac.byteCount == code.bytes.count)
    }

    @Test("An empty key and an empty message have a code")
    func empty() {
        let expected: Hex = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(HMAC.sha256.code(for: [], key: []) == expected.bytes)
    }

    @Test("A code is valid only whole, unchanged, and for its message and key", arguments: HMAC.allCases)
    func refusal(hmac: HMAC) {
        let key: [UInt8] = [1, 2, 3]
        let code = hmac.code(for: [9, 9], key: key)
        #expect(hmac.isValid(code, for: [9, 9], key: key))
        let guarded = hmac.isValid(code, for: [9, 9], key: SecretBytes(copying: key))
        #expect(guarded)
        var flipped = code
        flipped[code.count - 1] ^= 1
        #expect(!hmac.isValid(flipped, for: [9, 9], key: key))
        #expect(!hmac.isValid(code, for: [9, 8], key: key))
        #expect(!hmac.isValid(code, for: [9, 9], key: [1, 2, 4]))
        let otherGuarded = hmac.isValid(code, for: [9, 9], key: SecretBytes(copying: [1, 2, 4]))
        #expect(!otherGuarded)
        #expect(!hmac.isValid(Array(code.dropLast()), for: [9, 9], key: key))
        #expect(!hmac.isValid([], for: [9, 9], key: key))
    }
}
