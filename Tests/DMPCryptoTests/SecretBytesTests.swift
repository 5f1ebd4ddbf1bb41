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

    @Test("Secrets that live side by side keep their bytes, in whatever order they end", arguments: [1, 63, 64, 65])
    func neighbours(count: Int) {
        final class Holder {
            let secret: SecretBytes
            init(_ secret: consuming SecretBytes) { self.secret = secret }
        }
        let expected = (0..<300).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0 + 1), count: count) }
        var holders = expected.map { Optional(Holder(SecretBytes(copying: $0))) }
        for round in 0..<3 {
            for index in holders.indices where index % 3 == round {
                #expect(holders[index]?.secret.unguardedBytes() == expected[index])
                holders[index] = nil
                // What takes the place of an ended secret sees nothing of it.
                let next = SecretBytes(count: count) { _ in }.unguardedBytes()
                #expect(next == [UInt8](repeating: 0, count: count))
            }
            for index in holders.indices where index % 3 > round {
                #expect(holders[index]?.secret.unguardedBytes() == expected[index])
            }
        }
    }

    @Test("Many tasks make and end secrets at once")
    func concurrent() async {
        let right = await withTaskGroup { group in
            for task in 0..<8 as Range<UInt8> {
                group.addTask {
                    (0..<500).allSatisfy { _ in
                        let bytes = [UInt8](repeating: task, count: 32)
                        let one = SecretBytes(copying: bytes)
                        let other = SecretBytes(count: 64) { $0[63] = task }
                        return one.unguardedBytes() == bytes && other.unguardedBytes()[63] == task
                    }
                }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(right)
    }
}
