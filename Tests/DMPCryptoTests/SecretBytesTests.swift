import DMPCrypto
import Testing

@Suite("Secret bytes")
struct SecretBytesTests {
    private struct Refused: Error {}

    @Test("A secret holds what it was made from", arguments: [0, 1, 32, 4096, 5000])
    func copies(count: Int) {
        let bytes = SecureRandom.bytes(count)
        let secret = SecretBytes(copying: bytes)
        let framed = [1] + bytes + [1]
        let other = SecretBytes(copying: framed[1..<count + 1])
        let (first, second) = (secret.unguardedBytes(), other.unguardedBytes())
        #expect(first == bytes)
        #expect(second == bytes)
        let secretCount = secret.count
        #expect(secretCount == count)
    }

    @Test("A secret is zero where it is not filled")
    func filled() {
        let secret = SecretBytes(count: 4) { bytes in bytes[1] = 7 }
        let bytes = secret.unguardedBytes()
        #expect(bytes == [0, 7, 0, 0])
        let second = secret.withBytes { $0[1] }
        #expect(second == 7)
    }

    @Test("An error of the filling closure comes through, and so does one of the reading closure")
    func throwing() {
        #expect(throws: Refused.self) {
            _ = try SecretBytes(count: 4) { bytes throws(Refused) in
                bytes[0] = 1
                throw Refused()
            }
        }
        let secret = SecretBytes.random(count: 4)
        #expect(throws: Refused.self) { try secret.withBytes { _ throws(Refused) in throw Refused() } }
    }

    @Test("Two random secrets differ")
    func random() {
        let one = SecretBytes.random(count: 32).unguardedBytes()
        let other = SecretBytes.random(count: 32).unguardedBytes()
        #expect(one.count == 32)
        #expect(one != other)
    }
}
