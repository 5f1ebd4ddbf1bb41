import DMPCrypto
import DMPTesting
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "A text hashes to the value of the standard",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ] as [(String, Hex)]
    )
    func standard(text: String, hash: Hex) {
        #expect(SHA256.hash(Array(text.utf8)) == hash.bytes)
    }

    @Test("A part of an array hashes like its copy")
    func slice() {
        let bytes = Array("--abc--".utf8)
        #expect(SHA256.hash(bytes[2..<5]) == SHA256.hash(Array("abc".utf8)))
        #expect(SHA256.hash(bytes[3..<3]) == SHA256.hash([]))
        #expect(SHA256.hash(bytes.span) == SHA256.hash(bytes))
    }

    @Test("Pieces hash like the whole, wherever it is cut", arguments: [0, 1, 63, 64, 65, 127, 200])
    func pieces(cut: Int) {
        let bytes = (0..<200).map { UInt8($0) }
        var hasher = SHA256.Hasher()
        hasher.update(Array(bytes[..<cut]))
        hasher.update([])
        hasher.update(bytes[cut...])
        let hash = hasher.finalize()
        #expect(hash == SHA256.hash(bytes))
    }

    @Test("A hash is appended, whole or its first bytes, and compared with what it begins with")
    func appended() {
        let bytes = Array("abc".utf8)
        let hash = SHA256.hash(bytes)
        var output: [UInt8] = [9]
        SHA256.appendHash(of: bytes.span, to: &output)
        SHA256.appendHash(of: bytes.span, first: 8, to: &output)
        #expect(output == [9] + hash + hash.prefix(8))
        let startsWith = { (expected: [UInt8]) in SHA256.hash(of: bytes.span, startsWith: expected.span) }
        #expect(startsWith(hash))
        #expect(startsWith(Array(hash.prefix(8))))
        #expect(startsWith([]))
        for index in hash.indices {
            var other = hash
            other[index] ^= 1
            #expect(!startsWith(other))
        }
        #expect(!startsWith(hash + [0]))
    }

    @Test("Every length hashes like its pieces, which another library hashes")
    func lengths() {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for count in 0...300 {
            let bytes = random.bytes(count)
            var hasher = SHA256.Hasher()
            hasher.update(bytes)
            let hash = hasher.finalize()
            #expect(hash == SHA256.hash(bytes), "seed \(seed)")
        }
    }

    @Test("A secret and a suffix hash like their concatenation")
    func secret() {
        let hash = SHA256.hash(SecretBytes(copying: [1, 2, 3]), followedBy: [4, 5]).unguardedBytes()
        #expect(hash == SHA256.hash([1, 2, 3, 4, 5]))
    }
}
