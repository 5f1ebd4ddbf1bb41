import DMPProtocol
import Testing

@testable import DNSMeshCommands

@Suite("The expiry in a file to be signed")
struct DraftExpiryTests {
    /// 2027-01-15T08:00:00Z
    private static let now = UnixSeconds(rawValue: 1_800_000_000)

    @Test(
        "A time is read in each of its forms",
        arguments: [
            ("90s", 1_800_000_090), ("5m", 1_800_000_300), ("12h", 1_800_043_200), ("90d", 1_807_776_000),
            ("1801439999", 1_801_439_999), ("2027-01-31", 1_801_353_600), ("2027-01-31T12:00:00Z", 1_801_396_800),
            ("2027-01-31T12:00:00+02:00", 1_801_389_600), ("9999999999999999999d", UInt64.max),
        ]
    )
    func forms(text: String, seconds: UInt64) {
        #expect(DraftExpiry(text)?.time(now: Self.now).rawValue == seconds)
    }

    @Test(
        "Anything else is no time",
        arguments: [
            "", "d", "90", "-5d", "1.5d", "90 d", "tomorrow", "2027-13-01", "2027-01-31 12:00", "99999999999999999999",
        ]
    )
    func noTime(text: String) {
        #expect(DraftExpiry(text) == nil)
    }
}
