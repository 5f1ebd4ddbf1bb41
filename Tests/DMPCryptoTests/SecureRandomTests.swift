import DMPCrypto
import Testing

@Suite("Secure random")
struct SecureRandomTests {
    @Test("As many bytes come as were asked for, and not twice the same", arguments: [16, 32, 1000])
    func bytes(count: Int) {
        let bytes = SecureRandom.bytes(count)
        #expect(bytes.count == count)
        #expect(bytes != SecureRandom.bytes(count))
    }

    @Test("No bytes come when none were asked for")
    func none() {
        #expect(SecureRandom.bytes(0).isEmpty)
    }

    @Test("Every number below the bound comes, and no other")
    func bound() {
        let numbers = Set((0..<1000).map { _ in SecureRandom.uint32(below: 7) })
        #expect(numbers == Set(0..<7))
        #expect(SecureRandom.uint32(below: 1) == 0)
        #expect(SecureRandom.uint32(below: 0) == 0)
    }
}
