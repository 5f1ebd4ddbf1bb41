import Testing

@testable import DNSMeshNode

@Suite("Times of log lines")
struct LogTimeTests {
    @Test(
        "A time is written in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_001, "2000-03-01T00:00:00.001Z"), (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(UInt64, String)]
    )
    func text(milliseconds: UInt64, text: String) {
        #expect(LogTime.text(milliseconds: milliseconds) == text)
    }

    @Test("The last time there is does no harm")
    func last() {
        #expect(LogTime.text(milliseconds: .max).hasSuffix("Z"))
    }
}
