import Testing

@testable import DMPProtocol

@Suite("Times")
struct UnixSecondsTests {
    @Test("No arithmetic on times overflows")
    func saturation() {
        let last = UnixSeconds(rawValue: .max)
        let first = UnixSeconds(rawValue: 0)
        #expect(last.adding(1) == last)
        #expect(first.adding(.max) == last)
        #expect(first.seconds(until: last) == .max)
        #expect(last.seconds(until: first) == 0)
        #expect(first < last)
    }
}
