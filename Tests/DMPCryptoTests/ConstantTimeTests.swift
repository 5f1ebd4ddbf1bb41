import DMPCrypto
import Testing

@Suite("Comparison in constant time")
struct ConstantTimeTests {
    @Test("Only the same bytes are equal")
    func equality() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.areEqual([2, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 0]))
        #expect(!ConstantTime.areEqual([1], []))
    }
}
