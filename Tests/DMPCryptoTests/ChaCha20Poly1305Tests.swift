import DMPCrypto
import DMPTesting
import Testing

@Suite("ChaCha20-Poly1305")
struct ChaCha20Poly1305Tests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let key, iv, aad, msg, ct, tag: Hex
            let result: Wycheproof<Group>.Verdict
        }

        let tests: [Case]
    }

    @Test("Wycheproof texts open as marked, and valid ones are sealed to the same bytes")
    func wycheproof() throws {
        guard let file = try Wycheproof<Group>.load("chacha20_poly1305_test.json", cases: 325) else { return }
        var count = 0
        for test in file.testGroups.flatMap(\.tests) {
            count += 1
            guard test.iv.bytes.count == ChaCha20Poly1305.Nonce.byteCount else {
                #expect(test.result == .invalid, "\(test.tcId)")
                #expect(throws: CryptoError.wrongLength(expected: 12, actual: test.iv.bytes.count)) {
                    try ChaCha20Poly1305.Nonce(test.iv.bytes)
                }
                continue
            }
            let key = SecretBytes(copying: test.key.bytes)
            let nonce = try ChaCha20Poly1305.Nonce(test.iv.bytes)
            let sealed = test.ct.bytes + test.tag.bytes
            var opened: [UInt8]?
            do throws(CryptoError) {
                opened = try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: test.aad.bytes)
            } catch {
                #expect(error == .authenticationFailed)
            }
            #expect(opened == (test.result == .valid ? test.msg.bytes : nil), "\(test.tcId)")
            let again = try ChaCha20Poly1305.seal(
                test.msg.bytes,
                key: key,
                nonce: nonce,
                authenticating: test.aad.bytes
            )
            #expect((again == sealed) == (test.result == .valid), "\(test.tcId)")
        }
        #expect(count == file.numberOfTests)
        Vectors.report("wycheproof chacha20-poly1305", cases: count)
    }

    @Test("A text with any bit changed, cut or lengthened does not open")
    func damage() throws {
        let key = SecretBytes.random(count: 32)
        let nonce = ChaCha20Poly1305.Nonce.random()
        let sealed = try ChaCha20Poly1305.seal([1, 2, 3], key: key, nonce: nonce, authenticating: [4])
        #expect(sealed.count == 3 + ChaCha20Poly1305.tagByteCount)
        var damaged = (0..<8 * sealed.count).map { bit in
            var copy = sealed
            copy[bit / 8] ^= 1 << UInt8(bit % 8)
            return copy
        }
        damaged += (0..<sealed.count).map { Array(sealed.prefix($0)) }
        damaged.append(sealed + [0])
        for text in damaged {
            #expect(throws: CryptoError.authenticationFailed) {
                try ChaCha20Poly1305.open(text, key: key, nonce: nonce, authenticating: [4])
            }
        }
        #expect(try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: [4]) == [1, 2, 3])
    }

    @Test("A text opens only with its key, nonce and associated data")
    func mismatch() throws {
        let key = SecretBytes.random(count: 32)
        let nonce = ChaCha20Poly1305.Nonce.random()
        let sealed = try ChaCha20Poly1305.seal([], key: key, nonce: nonce, authenticating: [4])
        #expect(throws: CryptoError.authenticationFailed) {
            try ChaCha20Poly1305.open(sealed, key: .random(count: 32), nonce: nonce, authenticating: [4])
        }
        #expect(throws: CryptoError.authenticationFailed) {
            try ChaCha20Poly1305.open(sealed, key: key, nonce: .random(), authenticating: [4])
        }
        for data in [[], [5], [4, 0]] as [[UInt8]] {
            #expect(throws: CryptoError.authenticationFailed) {
                try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: data)
            }
        }
    }

    @Test("A part of an array is sealed and opened like its copy")
    func slice() throws {
        let key = SecretBytes(copying: [UInt8](repeating: 3, count: 32))
        let nonce = try ChaCha20Poly1305.Nonce([UInt8](repeating: 1, count: 12))
        let sealed = try ChaCha20Poly1305.seal([0, 1, 2, 0][1..<3], key: key, nonce: nonce, authenticating: [])
        #expect(try ChaCha20Poly1305.seal([1, 2], key: key, nonce: nonce, authenticating: []) == sealed)
        let framed = [0xff] + sealed + [0xff]
        let opened = try ChaCha20Poly1305.open(
            framed[1..<framed.count - 1],
            key: key,
            nonce: nonce,
            authenticating: []
        )
        #expect(opened == [1, 2])
    }

    @Test("A key that has not 32 bytes is refused", arguments: [0, 31, 33])
    func keyLength(count: Int) {
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            try ChaCha20Poly1305.seal([], key: .random(count: count), nonce: .random(), authenticating: [])
        }
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            try ChaCha20Poly1305.open(
                [UInt8](repeating: 0, count: 16),
                key: .random(count: count),
                nonce: .random(),
                authenticating: []
            )
        }
    }
}
