import DMPCrypto
import DMPTesting
import Testing

@Suite("HKDF with SHA-256")
struct HKDFTests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId, size: Int
            let ikm, salt, info, okm: Hex
            let result: Wycheproof<Group>.Verdict
        }

        let tests: [Case]
    }

    @Test("Wycheproof derivations give the marked keys, or are refused")
    func wycheproof() throws {
        guard let file = try Wycheproof<Group>.load("hkdf_sha256_test.json", cases: 86) else { return }
        var count = 0
        for test in file.testGroups.flatMap(\.tests) {
            var key: [UInt8]?
            do throws(CryptoError) {
                key = try HKDF.sha256(
                    inputKeyMaterial: test.ikm.bytes,
                    salt: test.salt.bytes,
                    info: test.info.bytes,
                    count: test.size
                ).unguardedBytes()
            } catch {
                #expect(error == .outputCountOutOfRange(test.size))
            }
            #expect(key == (test.result == .valid ? test.okm.bytes : nil), "\(test.tcId)")
            count += 1
        }
        #expect(count == file.numberOfTests)
        Vectors.report("wycheproof hkdf-sha256", cases: count)
    }

    /// RFC 5869, appendix A.1.
    @Test("A derivation goes through the key of the RFC")
    func stages() throws {
        let material = [UInt8](repeating: 0x0b, count: 22)
        let salt: Hex = "000102030405060708090a0b0c"
        let extracted: Hex = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
        let expanded: Hex = """
            3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865
            """
        let info: Hex = "f0f1f2f3f4f5f6f7f8f9"
        let key = HKDF.extract(SecretBytes(copying: material), salt: salt.bytes).unguardedBytes()
        #expect(key == extracted.bytes)
        let output = try HKDF.sha256(
            secret: SecretBytes(copying: material),
            salt: salt.bytes,
            info: info.bytes,
            count: 42
        ).unguardedBytes()
        #expect(output == expanded.bytes)
    }

    @Test("A shorter key is the beginning of a longer one", arguments: [1, 31, 32, 33, 64, 8160])
    func prefix(count: Int) throws {
        let longest = try HKDF.sha256(inputKeyMaterial: [7], salt: [], info: [], count: HKDF.maximumByteCount)
            .unguardedBytes()
        let key = try HKDF.sha256(inputKeyMaterial: [7], salt: [], info: [], count: count).unguardedBytes()
        #expect(key == Array(longest.prefix(count)))
    }

    @Test("A count that no derivation gives is refused", arguments: [-1, 0, 8161, Int.max])
    func refusal(count: Int) {
        #expect(throws: CryptoError.outputCountOutOfRange(count)) {
            _ = try HKDF.sha256(inputKeyMaterial: [7], salt: [], info: [], count: count)
        }
    }
}
