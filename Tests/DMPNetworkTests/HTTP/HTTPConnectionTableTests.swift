import DMPNetwork
import DMPTesting
import DNSTransport
import Testing

@Suite("Which request goes over which connection")
struct HTTPConnectionTableTests {
    private let start = ErasedClock.Instant(offset: .seconds(5))

    private func time(_ milliseconds: Int) -> ErasedClock.Instant {
        self.start.advanced(by: .milliseconds(milliseconds))
    }

    /// A table whose node has kept connection 1 after request 0, a tenth of a second away.
    private func keepingTable() -> HTTPConnectionTable {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        _ = table.add(0, at: self.start)
        _ = table.begin(1, at: self.start)
        _ = table.opened(1, at: self.time(50))
        _ = table.received(0, over: 1, keepsConnection: true, at: self.time(100))
        return table
    }

    /// A table with connection 1 open for request 1.
    private func freshTable() -> HTTPConnectionTable {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        _ = table.add(1, at: self.start)
        _ = table.begin(1, at: self.start)
        _ = table.opened(1, at: self.time(50))
        return table
    }

    @Test("At an unknown node each request has a connection, four begun at once and the others paced")
    func unknownNode() {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        let openings = (0..<6).flatMap { table.add($0, at: self.start).openings }
        #expect(openings.map { self.start.duration(to: $0.start) } == [0, 0, 0, 0, 2, 4].map { .milliseconds($0) })
        for number in 1...6 {
            let outcome = table.begin(number, at: self.start)
            #expect(outcome)
        }
        let sends = (1...6).compactMap { table.opened($0, at: self.time(50))?.sends }.joined()
        #expect(sends.map(\.call) == [0, 1, 2, 3, 4, 5])
        #expect(sends.map(\.connection) == [1, 2, 3, 4, 5, 6])
    }

    @Test("Once a node is seen to keep its connections, what waits goes over those that are open")
    func pipelining() {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        for call in 0..<12 { _ = table.add(call, at: self.start) }
        for number in 1...2 { _ = table.begin(number, at: self.start) }
        for number in 1...2 { _ = table.opened(number, at: self.time(50)) }
        let (isAwaited, effects) = table.received(0, over: 1, keepsConnection: true, at: self.time(100))
        #expect(isAwaited)
        #expect(effects.sends.map(\.call) == Array(2..<12))
        #expect(effects.sends.count { $0.connection == 1 } == 6)
        #expect(effects.openings.isEmpty)
        // The connections that were planned for them are not opened any more.
        let outcome = table.begin(3, at: self.time(100))
        #expect(!outcome)
        #expect(table.load == (0, 11))
    }

    @Test("A connection has sixteen requests under way at most, and the rest wait for others")
    func depth() {
        var table = self.keepingTable()
        let effects = (1...40).map { table.add($0, at: self.time(100)) }
        #expect(effects.flatMap(\.sends).count == HTTPConnectionTable.depth)
        #expect(effects.flatMap(\.openings).count == 2)
        #expect(table.load == (24, 3))
        for number in 2...3 {
            let first = table.begin(number, at: self.time(100))
            #expect(first)
        }
        let second = table.opened(2, at: self.time(150))
        #expect(second?.sends.count == 16)
        let third = table.opened(3, at: self.time(150))
        #expect(third?.sends.count == 8)
    }

    @Test(
        "An unknown node gets a connection for each record that comes, a known one a few",
        arguments: [(1, 1, 0), (7, 7, 1), (16, 16, 3), (255, 16, 23)]
    )
    func ahead(records: Int, unknown: Int, known: Int) {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        let first = table.prepare(for: records, at: self.start)
        #expect(first.openings.count == unknown)
        let second = table.prepare(for: records, at: self.start)
        #expect(second.openings.isEmpty)
        var keeping = self.keepingTable()
        let third = keeping.prepare(for: records, at: self.time(100))
        #expect(third.openings.count == known)
    }

    @Test("A request takes a connection that was opened ahead")
    func usesAhead() {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        _ = table.prepare(for: 2, at: self.start)
        for number in 1...2 {
            let first = table.begin(number, at: self.start)
            #expect(first)
        }
        let second = table.opened(1, at: self.time(50))
        #expect(second?.sends.isEmpty == true)
        let effects = table.add(0, at: self.time(60))
        #expect(effects.sends.map(\.connection) == [1])
        #expect(effects.openings.isEmpty)
    }

    @Test("The time of an answer counts the opening of its connection, once")
    func latency() {
        var table = self.freshTable()
        _ = table.add(2, at: self.start)
        _ = table.received(1, over: 1, keepsConnection: false, at: self.time(70))
        #expect(table.pace.width == ConnectionPace.burst + 35)
    }

    @Test("A node that answers one of ten and closes gets the other nine again, one at a time on each connection")
    func closesEarly() {
        var table = self.keepingTable()
        for call in 1...10 { _ = table.add(call, at: self.time(100)) }
        _ = table.closed(1, because: .lost, at: self.time(110))
        // Request 0 was answered on this connection, so nothing says that a request was at fault.
        #expect(table.load.waiting == 10)
        let effects = table.add(11, at: self.time(110))
        #expect(effects.openings.count == 1)
        for number in 2...4 { _ = table.begin(number, at: self.time(110)) }
        let first = table.opened(2, at: self.time(160))
        #expect(first?.sends.map(\.call) == [1])
        let second = table.opened(3, at: self.time(160))
        #expect(second?.sends.map(\.call) == [2])
        let (_, after) = table.received(1, over: 2, keepsConnection: true, at: self.time(210))
        #expect(after.sends.map(\.call) == [3])
    }

    @Test("An answer that ends its connection sends those behind it over others")
    func lastAnswer() {
        var table = self.keepingTable()
        for call in 1...3 { _ = table.add(call, at: self.time(100)) }
        let (isAwaited, effects) = table.received(1, over: 1, keepsConnection: false, at: self.time(150))
        #expect(isAwaited)
        #expect(effects.closings == [1])
        #expect(effects.failures.isEmpty)
        #expect(table.load.waiting == 2)
    }

    @Test("A connection that was opened for a request and ends fails it; one that waited or has answered doesn't")
    func blame() {
        var fresh = self.freshTable()
        let outcome = fresh.closed(1, because: .lost, at: self.time(60))
        #expect(outcome.failures.map(\.call) == [1])
        var kept = self.keepingTable()
        _ = kept.add(1, at: self.time(100))
        let effects = kept.closed(1, because: .lost, at: self.time(110))
        #expect(effects.failures.isEmpty)
        #expect(effects.openings.count == 1)
    }

    @Test("A request that has lost three connections fails")
    func losses() {
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        _ = table.prepare(for: 3, at: self.start)
        for number in 1...3 {
            _ = table.begin(number, at: self.start)
            _ = table.opened(number, at: self.time(50))
        }
        _ = table.add(1, at: self.time(100))
        let first = table.closed(1, because: .lost, at: self.time(110))
        #expect(first.sends.map(\.connection) == [2])
        let second = table.closed(2, because: .lost, at: self.time(120))
        #expect(second.sends.map(\.connection) == [3])
        let third = table.closed(3, because: .lost, at: self.time(130))
        #expect(third.failures.map(\.call) == [1])
        #expect(table.load == (0, 0))
    }

    @Test("An answer that isn't HTTP fails the request that it was for, and only that")
    func malformed() {
        struct NotHTTP: Error {}
        var table = self.keepingTable()
        for call in 1...3 { _ = table.add(call, at: self.time(100)) }
        let effects = table.closed(1, because: .malformed(NotHTTP()), at: self.time(110))
        #expect(effects.failures.map(\.call) == [1])
        #expect(table.load.waiting == 2)
    }

    @Test("A cancelled request leaves the others on its connection in peace, and ends it after them")
    func cancellation() {
        var table = self.keepingTable()
        for call in 1...3 { _ = table.add(call, at: self.time(100)) }
        let first = table.cancel(1, at: self.time(110))
        #expect(first.closings.isEmpty)
        let second = table.cancel(1, at: self.time(110))
        #expect(second.closings.isEmpty)
        let third = table.add(4, at: self.time(110))
        #expect(third.sends.isEmpty)
        let fourth = table.received(1, over: 1, keepsConnection: true, at: self.time(150))
        #expect(!fourth.isAwaited)
        let fifth = table.received(2, over: 1, keepsConnection: true, at: self.time(150))
        #expect(fifth.isAwaited)
        let (isAwaited, effects) = table.received(3, over: 1, keepsConnection: true, at: self.time(150))
        #expect(isAwaited)
        #expect(effects.closings == [1])
    }

    @Test("Where nobody listens all fail at once; where others come through, one does")
    func unreachable() {
        struct Refused: Error {}
        var table = HTTPConnectionTable(pace: ConnectionPace(full: 256))
        for call in 1...6 { _ = table.add(call, at: self.start) }
        for number in 1...2 { _ = table.begin(number, at: self.start) }
        let first = table.failedToOpen(1, because: .notOpened(Refused()), at: self.start)
        #expect(first.failures.map(\.call) == [1])
        let second = table.failedToOpen(2, because: .notOpened(Refused()), at: self.start)
        #expect(second.failures.map(\.call) == [2, 3, 4, 5, 6])
        #expect(table.load == (0, 0))
        let isOpened = table.begin(3, at: self.start)
        #expect(!isOpened)
    }

    @Test("At a node that keeps its connections, one that can't be opened fails nothing")
    func oneTooMany() {
        struct Refused: Error {}
        var table = self.keepingTable()
        for call in 1...20 { _ = table.add(call, at: self.time(100)) }
        _ = table.begin(2, at: self.time(100))
        let effects = table.failedToOpen(2, because: .notOpened(Refused()), at: self.time(100))
        #expect(effects.failures.isEmpty && effects.openings.isEmpty)
        let outcome = table.received(1, over: 1, keepsConnection: true, at: self.time(150))
        #expect(outcome.effects.sends.count == 1)
    }

    @Test("A connection is closed when it is idle, not while a request is under way")
    func idle() {
        var table = self.keepingTable()
        _ = table.add(1, at: self.time(100))
        let first = table.idled(1)
        #expect(first.closings.isEmpty)
        _ = table.received(1, over: 1, keepsConnection: true, at: self.time(150))
        let second = table.idled(1)
        #expect(second.closings == [1])
        let third = table.opened(1, at: self.time(200))
        #expect(third == nil)
    }

    @Test("After its end everything fails")
    func end() {
        var table = self.keepingTable()
        for call in 1...20 { _ = table.add(call, at: self.time(100)) }
        let effects = table.close()
        #expect(effects.failures.map(\.call).sorted() == Array(1...20))
        #expect(effects.closings.contains(1))
        let first = table.add(21, at: self.time(100))
        #expect(first.failures.map(\.call) == [21])
        let second = table.prepare(for: 4, at: self.time(100))
        #expect(second.openings.isEmpty)
    }

    @Test("Whatever connections do, every request ends once, and none is sent twice at the same time")
    func anything() {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        for round in 0..<300 {
            var run = TableRun(width: Int.random(in: 1...128, using: &random))
            for step in 0..<200 { run.act(at: self.time(step), using: &random) }
            run.drain(at: self.time(1_000))
            #expect(run.faults.isEmpty, "seed \(seed), round \(round)")
            #expect(run.ended.count == run.added, "seed \(seed), round \(round)")
        }
    }
}

/// Plays the network for a table, and writes down what must not happen.
private struct TableRun {
    var table: HTTPConnectionTable
    var added = 0
    var ended: Set<Int> = []
    var faults: [String] = []
    private var planned: [Int] = []
    private var opening: [Int] = []
    private var open: [Int: [Int]] = [:]

    init(width: Int) {
        self.table = HTTPConnectionTable(pace: ConnectionPace(full: width))
    }

    mutating func act(at now: ErasedClock.Instant, using random: inout SeededRandom) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2:
            self.added += 1
            self.take(self.table.add(self.added, at: now))
        case 3: self.begin(at: now)
        case 4: if let number = self.opening.popLast() { self.becomeOpen(number, at: now) }
        case 5...6:
            self.answer(self.open.keys.randomElement(using: &random), keeps: .random(using: &random), at: now)
        case 7:
            guard let number = self.open.keys.randomElement(using: &random) else { return }
            self.open[number] = nil
            self.take(self.table.closed(number, because: .lost, at: now))
        case 8:
            guard self.added > 0 else { return }
            let call = Int.random(in: 1...self.added, using: &random)
            if self.ended.insert(call).inserted { self.take(self.table.cancel(call, at: now)) }
        default:
            self.take(self.table.prepare(for: Int.random(in: 1...20, using: &random), at: now))
        }
    }

    mutating func drain(at now: ErasedClock.Instant) {
        for _ in 0..<10_000 where self.ended.count < self.added {
            while !self.planned.isEmpty { self.begin(at: now) }
            while let number = self.opening.popLast() { self.becomeOpen(number, at: now) }
            for number in self.open.keys.sorted() { self.answer(number, keeps: true, at: now) }
        }
    }

    private mutating func begin(at now: ErasedClock.Instant) {
        guard let number = self.planned.popLast() else { return }
        if self.table.begin(number, at: now) { self.opening.append(number) }
    }

    private mutating func becomeOpen(_ number: Int, at now: ErasedClock.Instant) {
        self.open[number] = []
        if let effects = self.table.opened(number, at: now) { self.take(effects) } else { self.open[number] = nil }
    }

    private mutating func answer(_ number: Int?, keeps: Bool, at now: ErasedClock.Instant) {
        guard let number, let call = self.open[number]?.first else { return }
        self.open[number]?.removeFirst()
        let (isAwaited, effects) = self.table.received(call, over: number, keepsConnection: keeps, at: now)
        if isAwaited { self.end(call) }
        self.take(effects)
    }

    private mutating func take(_ effects: HTTPConnectionTable.Effects) {
        for (call, number) in effects.sends {
            if self.ended.contains(call) { self.faults.append("\(call) was sent after its end") }
            guard let calls = self.open[number] else {
                self.faults.append("\(call) was sent over \(number), which isn't open")
                continue
            }
            if calls.count >= HTTPConnectionTable.depth { self.faults.append("\(number) has too many requests") }
            self.open[number] = calls + [call]
        }
        for (call, _) in effects.failures { self.end(call) }
        for number in effects.closings { self.open[number] = nil }
        self.planned += effects.openings.map(\.connection)
    }

    private mutating func end(_ call: Int) {
        if !self.ended.insert(call).inserted { self.faults.append("\(call) ended twice") }
    }
}
