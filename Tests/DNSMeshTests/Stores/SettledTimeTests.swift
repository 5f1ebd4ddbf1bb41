import Testing

@testable import DNSMesh

@Suite("The time up to which things may be thrown away")
struct SettledTimeTests {
    private static let day: UInt64 = 86_400

    @Test("Steps of a day are believed at once, and so is a clock that goes back")
    func smallSteps() {
        var time = SettledTime(settled: 1_000_000)
        for now in [1_000_000, 1_000_001, 1_000_001 + Self.day, 900_000] {
            time.observe(now)
            #expect(time == SettledTime(settled: now))
        }
    }

    @Test("A longer step is believed once it was seen twice, an hour apart")
    func longStep() {
        var time = SettledTime(settled: 1_000_000)
        let jump = 1_000_000 + 9 * Self.day
        for now in [jump, jump + 1, jump + 3_599] {
            time.observe(now)
            #expect(time == SettledTime(settled: 1_000_000, candidate: jump))
        }
        time.observe(jump + 3_600)
        #expect(time == SettledTime(settled: jump + 3_600))
    }

    @Test("A clock that comes back from far ahead leaves nothing behind")
    func returned() {
        var time = SettledTime(settled: 1_000_000)
        time.observe(1_000_000 + 900 * Self.day)
        time.observe(1_000_060)
        #expect(time == SettledTime(settled: 1_000_060))
    }

    @Test("Somebody who looks once a week is one look behind, and a wrong look in between changes nothing")
    func weekly() {
        var time = SettledTime()
        for week in 1...4 as ClosedRange<UInt64> { time.observe(week * 7 * Self.day) }
        #expect(time == SettledTime(settled: 3 * 7 * Self.day, candidate: 4 * 7 * Self.day))
        time.observe(4_000 * Self.day)
        #expect(time.settled == 4 * 7 * Self.day)
        time.observe(5 * 7 * Self.day)
        #expect(time == SettledTime(settled: 4 * 7 * Self.day, candidate: 5 * 7 * Self.day))
        time.observe(.max)
        #expect(time.settled == 5 * 7 * Self.day)
    }

    @Test("A new file trusts no clock before an hour has passed")
    func firstHour() {
        var time = SettledTime()
        time.observe(1_000_000)
        #expect(time.settled == 0)
        time.observe(1_003_600)
        #expect(time.settled == 1_003_600)
    }
}
