import DMPNetwork
import DNSTransport
import Testing

@Suite("How fast connections are opened")
struct ConnectionPaceTests {
    private let start = ErasedClock.Instant(offset: .seconds(5))

    /// How long the next requests wait, all of which come at the same moment and stay.
    private func delays(_ pace: inout ConnectionPace, _ count: Int, after time: Duration = .zero) -> [Duration] {
        let now = self.start.advanced(by: time)
        return (1...count).map { now.duration(to: pace.begin(at: now, running: $0)) }
    }

    @Test("Four begin at once, the others two milliseconds apart")
    func unknownNode() {
        var pace = ConnectionPace(full: 128)
        let expected = [0, 0, 0, 0, 2, 4, 6, 8, 10, 12].map { Duration.milliseconds($0) }
        #expect(self.delays(&pace, 10) == expected)
    }

    @Test("No moment sees more than five begin, whenever the requests come", arguments: [0, 1, 3, 7])
    func neverTooMany(gap: Int) {
        var pace = ConnectionPace(full: 128)
        var starts: [Duration] = []
        for number in 0..<254 {
            let now = self.start.advanced(by: .milliseconds(number * gap))
            starts.append(pace.begin(at: now, running: number + 1).offset)
        }
        for start in starts { #expect(starts.count { $0 >= start && $0 < start + ConnectionPace.interval } <= 5) }
    }

    @Test("All chunks of the longest message have begun after half a second")
    func longestMessage() {
        var pace = ConnectionPace(full: 128)
        #expect(self.delays(&pace, 254).last == .milliseconds(500))
    }

    @Test("After a pause four may begin at once again, not more")
    func pause() {
        var pace = ConnectionPace(full: 128)
        _ = self.delays(&pace, 10)
        let later = self.delays(&pace, 6, after: .seconds(60))
        #expect(later == [0, 0, 0, 0, 2, 4].map { .milliseconds($0) })
    }

    @Test("A node that keeps its connections gets everything at once, in the full width")
    func keepingNode() {
        var pace = ConnectionPace(full: 128)
        #expect(pace.width == 48)
        pace.answered(keepsConnection: true, after: .milliseconds(100))
        #expect(pace.width == 128)
        #expect(self.delays(&pace, 200) == Array(repeating: .zero, count: 200))
        pace.lost()
        #expect(pace.width == 48)
        #expect(self.delays(&pace, 5).last == .milliseconds(2))
    }

    @Test(
        "A node that closes has as many requests under way as begin in the time of its quickest answer",
        arguments: [(0, 4), (1, 4), (4, 6), (20, 14), (100, 48), (1_000, 48)]
    )
    func closingNode(milliseconds: Int, expected: Int) {
        var pace = ConnectionPace(full: 128)
        pace.answered(keepsConnection: false, after: .milliseconds(milliseconds))
        pace.answered(keepsConnection: false, after: .seconds(2))
        #expect(pace.width == expected)
    }

    @Test("While fewer than five are under way, none waits")
    func fewAtATime() {
        var pace = ConnectionPace(full: 128)
        let waits = (0..<50).map { _ in self.start.duration(to: pace.begin(at: self.start, running: 4)) }
        #expect(waits == Array(repeating: .zero, count: 50))
        #expect(self.start.duration(to: pace.begin(at: self.start, running: 5)) == .milliseconds(2))
    }

    @Test("A first try is given up after three usual answers, a quarter of a second at least, once four have come")
    func patience() {
        var pace = ConnectionPace(full: 128)
        for _ in 0..<3 {
            pace.answered(keepsConnection: false, after: .milliseconds(200))
            #expect(pace.patience == nil)
        }
        pace.answered(keepsConnection: false, after: .milliseconds(200))
        #expect(pace.patience == .milliseconds(600))
        for _ in 0..<100 { pace.answered(keepsConnection: false, after: .milliseconds(1)) }
        #expect(pace.patience == .milliseconds(250))
        pace.answered(keepsConnection: true, after: .milliseconds(1))
        #expect(pace.patience == nil)
    }

    @Test("The width that was asked for is never exceeded", arguments: [(16, 16), (4, 4), (0, 1)])
    func narrow(full: Int, expected: Int) {
        var pace = ConnectionPace(full: full)
        #expect(pace.width == expected)
        pace.answered(keepsConnection: true, after: .milliseconds(1))
        #expect(pace.width == expected)
    }
}
