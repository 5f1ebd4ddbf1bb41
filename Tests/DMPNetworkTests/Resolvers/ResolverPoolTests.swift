import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("A pool of resolvers")
struct ResolverPoolTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let first: ScriptedReader.Behaviour
        /// What the first query takes, with the first upstream fresh.
        let firstQuery: Int
        /// What the next takes, after all late outcomes have come.
        let secondQuery: Int
        let firstFailures: Int
        var testDescription: String { self.name }
    }

    static let rows = [
        Row(name: "healthy", first: .records("a"), firstQuery: 20, secondQuery: 20, firstFailures: 0),
        Row(name: "dead", first: .silence, firstQuery: 220, secondQuery: 20, firstFailures: 1),
        Row(name: "gives up in time", first: .timeout, firstQuery: 220, secondQuery: 20, firstFailures: 1),
        Row(name: "SERVFAIL", first: .failure(.serverFailure), firstQuery: 40, secondQuery: 20, firstFailures: 1),
        Row(name: "REFUSED", first: .failure(.refused), firstQuery: 40, secondQuery: 20, firstFailures: 1),
        Row(name: "garbage", first: .failure(.malformedAnswer), firstQuery: 40, secondQuery: 20, firstFailures: 1),
        Row(name: "lying NXDOMAIN", first: .absent(), firstQuery: 40, secondQuery: 20, firstFailures: 1),
        Row(name: "late lie", first: .absent(after: 400), firstQuery: 220, secondQuery: 20, firstFailures: 1),
        Row(
            name: "400 ms",
            first: .records("a", after: 400),
            firstQuery: 220,
            secondQuery: 320,
            firstFailures: 0
        ),
        // What a reader of a DNS server makes of these takes one round trip more each; nothing answers another question.
        Row(
            name: "truncates, TCP works",
            first: .records("a", after: 60),
            firstQuery: 60,
            secondQuery: 60,
            firstFailures: 0
        ),
        Row(
            name: "truncates, TCP is dead",
            first: .failure(.connectionLost, after: 40),
            firstQuery: 60,
            secondQuery: 20,
            firstFailures: 1
        ),
        Row(name: "answers another question", first: .timeout, firstQuery: 220, secondQuery: 20, firstFailures: 1),
        Row(name: "flips case", first: .records("a", after: 40), firstQuery: 40, secondQuery: 40, firstFailures: 0),
        Row(name: "ends by itself", first: .cancels, firstQuery: 20, secondQuery: 20, firstFailures: 0),
    ]

    @Test("One bad upstream of three, in each place, costs the hedge delay at most", arguments: Self.rows, 0..<3)
    func oneOfThree(row: Row, place: Int) async throws {
        try await VirtualTime.run { clock in
            var behaviours = [ScriptedReader.Behaviour](repeating: .records("a"), count: 3)
            behaviours[place] = row.first
            let pool = try Pool(behaviours, clock: clock)
            try await pool.use { pool in
                let first = try await clock.timed { try await pool.read(decisively: 10_000) }
                #expect(first.value == .records([TXTValue("a")]))
                #expect(first.milliseconds == (place == 0 ? row.firstQuery : 20))
                try await clock.sleep(until: ErasedClock.at(20_000))
                let second = try await clock.timed { try await pool.read(decisively: 10_000) }
                #expect(second.value == .records([TXTValue("a")]))
                #expect(second.milliseconds == (place == 0 ? row.secondQuery : 20))
                let failures = await pool.pool.snapshot()[place].consecutiveFailures
                #expect(failures == (place == 0 ? row.firstFailures : 0))
            }
        }
    }

    @Test("A dead upstream fails once per query that asked it, after its limit, and is then asked last")
    func deadUpstream() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.silence, .records("a")], clock: clock)
            try await pool.use { pool in
                _ = try await pool.read(decisively: 10_000)
                #expect(await pool.pool.snapshot()[0].consecutiveFailures == 0)
                #expect(pool.pool.queryCount == 1)
                try await clock.sleep(until: ErasedClock.at(5_001))
                let status = await pool.pool.snapshot()[0]
                #expect(status.consecutiveFailures == 1)
                #expect(status.lastFailure == ErasedClock.at(5_000))
                #expect(!status.isPreferred)
                #expect(pool.pool.queryCount == 0)
                #expect(pool.readers[0].underWayCount == 0)
                _ = try await pool.read(decisively: 10_000)
                #expect(pool.readers.map(\.askedCount) == [1, 2])
                try await clock.sleep(until: ErasedClock.at(65_000))
                _ = try await pool.read(decisively: 10_000)
                #expect(pool.readers.map(\.askedCount) == [2, 3])
            }
        }
    }

    @Test("A decisive absence takes two upstreams, a provisional one takes one")
    func absences() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.absent(), .absent(), .absent()], clock: clock)
            try await pool.use { pool in
                let decisive = try await clock.timed { try await pool.read(decisively: 1000) }
                #expect(decisive.value == .absent)
                #expect(decisive.milliseconds == 40)
                #expect(pool.readers.map(\.askedCount) == [1, 1, 0])
                let provisional = try await clock.timed { try await pool.read(provisionally: 1000) }
                #expect(provisional.value == .absent)
                #expect(provisional.milliseconds == 20)
                #expect(pool.readers.map(\.askedCount) == [2, 1, 0])
                let statuses = await pool.pool.snapshot()
                #expect(statuses.map(\.consecutiveFailures) == [0, 0, 0])
                #expect(statuses[0].lastSuccess == ErasedClock.at(60))
                #expect(statuses[0].roundTrip == .milliseconds(20))
            }
        }
    }

    @Test("A decisive absence doesn't wait for a dead upstream until its deadline")
    func absenceWithDeadUpstream() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.absent(), .silence], clock: clock)
            try await pool.use { pool in
                let fresh = try await clock.timed { try await pool.read(decisively: 10_000) }
                #expect(fresh.value == .absent)
                #expect(fresh.milliseconds == 20 + 1000)
                try await clock.sleep(until: ErasedClock.at(10_000))
                let known = try await clock.timed { try await pool.read(decisively: 10_000) }
                #expect(known.value == .absent)
                #expect(known.milliseconds == 20)
            }
        }
    }

    @Test("A decisive absence waits for an upstream that is slow for once, so that a liar doesn't decide alone")
    func slowHonesty() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.absent(), .absent()], clock: clock)
            try await pool.use { pool in
                for _ in 0..<20 { _ = try await pool.read(decisively: 1000) }
                pool.readers[1].behave(.records("a", after: 700))
                let read = try await clock.timed { try await pool.read(decisively: 10_000) }
                #expect(read.value == .records([TXTValue("a")]))
                #expect(read.milliseconds == 20 + 700)
            }
        }
    }

    @Test("An upstream that hides records is found out by audits, without a delay of the poll")
    func audit() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.absent(), .records("a")], audits: true, clock: clock)
            try await pool.use { pool in
                let first = try await clock.timed { try await pool.read(provisionally: 1000) }
                #expect(first.value == .absent)
                #expect(first.milliseconds == 20)
                try await clock.sleep(until: ErasedClock.at(100))
                #expect(await pool.pool.snapshot().map(\.consecutiveFailures) == [1, 0])
                #expect(try await pool.read(provisionally: 1000) == .records([TXTValue("a")]))
            }
        }
    }

    @Test("If all upstreams fail, nobody knows, and the first failure says why")
    func allFail() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.failure(.refused), .failure(.serverFailure), .silence], clock: clock)
            try await pool.use { pool in
                let answer = try await clock.timed { try await pool.read(decisively: 1000) }
                guard case .unavailable(let failure) = answer.value else {
                    Issue.record("\(answer.value)")
                    return
                }
                #expect(failure.code == .refused)
                #expect(failure.message == "192.0.2.0:53: scripted, and 2 more failed")
                #expect(answer.milliseconds == 1000)
                #expect(await pool.pool.snapshot().map(\.consecutiveFailures) == [1, 1, 1])
            }
        }
    }

    @Test("A negative counts where all others fail")
    func loneNegative() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.failure(.refused), .absent(), .failure(.serverFailure)], clock: clock)
            try await pool.use { pool in
                let answer = try await clock.timed { try await pool.read(decisively: 1000) }
                #expect(answer.value == .absent)
                #expect(answer.milliseconds == 60)
                #expect(await pool.pool.snapshot().map(\.consecutiveFailures) == [1, 0, 1])
            }
        }
    }

    @Test("A cancelled read leaves no question, and counts for nobody", arguments: [0, 10, 20, 30, 199, 200, 210])
    func cancellation(after milliseconds: Int) async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.absent(), .silence, .silence], clock: clock)
            try await pool.use { pool in
                await withTaskGroup { group in
                    group.addTask {
                        _ = await #expect(throws: CancellationError.self) { try await pool.read(decisively: 10_000) }
                    }
                    group.addTask {
                        if milliseconds > 0 { try? await clock.sleep(until: ErasedClock.at(milliseconds)) }
                    }
                    _ = await group.next()
                    group.cancelAll()
                }
                try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
                #expect(pool.pool.queryCount == 0)
                #expect(pool.readers.map(\.underWayCount) == [0, 0, 0])
                #expect(await pool.pool.snapshot().map(\.consecutiveFailures) == [0, 0, 0])
            }
        }
    }

    @Test("The end of the pool ends its reads, and those that come later")
    func closing() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.silence], clock: clock)
            try await withThrowingTaskGroup(of: ReadResult.self) { group in
                try await pool.use { pool in
                    group.addTask { try await pool.read(decisively: 10_000) }
                    try await clock.sleep(until: ErasedClock.at(10))
                }
                let closed = ReadResult.unavailable(NetworkFailure(.closed, "the pool of resolvers was closed"))
                #expect(try await group.next() == closed)
                #expect(try await pool.read(decisively: 10_000) == closed)
                #expect(clock.now == ErasedClock.at(10))
                #expect(pool.readers[0].underWayCount == 0)
            }
        }
    }

    @Test("Late questions to a dead upstream are bounded")
    func lateBound() async throws {
        try await VirtualTime.run { clock in
            let pool = try Pool([.silence, .records("a")], clock: clock)
            try await pool.use { pool in
                try await withThrowingTaskGroup(of: ReadResult.self) { group in
                    for _ in 0..<100 { group.addTask { try await pool.read(decisively: 10_000) } }
                    for try await result in group { #expect(result == .records([TXTValue("a")])) }
                }
                try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
                #expect(pool.pool.queryCount == 16)
                #expect(pool.readers[0].underWayCount <= 16)
            }
        }
    }

    @Test("Lists that make no pool are refused")
    func refusals() {
        let clock = ErasedClock.continuous
        #expect(throws: NetworkFailure.self) { try ResolverPool([], clock: clock) }
        var settings = ResolverPool.Settings()
        settings.failureThreshold = 0
        let upstream = ResolverPool.Upstream(address: "a", reader: ScriptedReader(.silence, clock: clock))
        #expect(throws: NetworkFailure.self) { try ResolverPool([upstream], settings: settings, clock: clock) }
    }
}

/// A pool over scripted readers.
struct Pool: Sendable {
    let readers: [ScriptedReader]
    let pool: ResolverPool
    let clock: ErasedClock

    init(_ behaviours: [ScriptedReader.Behaviour], audits: Bool = false, clock: ErasedClock) throws {
        let readers = behaviours.map { ScriptedReader($0, clock: clock) }
        var settings = ResolverPool.Settings()
        settings.audits = { audits }
        self.readers = readers
        self.clock = clock
        self.pool = try ResolverPool(
            readers.enumerated().map { ResolverPool.Upstream(address: "192.0.2.\($0):53", reader: $1) },
            settings: settings,
            clock: clock
        )
    }

    func use(_ body: (Pool) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.pool.run() }
            defer { group.cancelAll() }
            try await body(self)
        }
    }

    func read(decisively milliseconds: Int) async throws -> ReadResult {
        let deadline = self.clock.now.advanced(by: .milliseconds(milliseconds))
        return try await self.pool.read(OwnerName("a.example"), deadline: deadline)
    }

    func read(provisionally milliseconds: Int) async throws -> ReadResult {
        let deadline = self.clock.now.advanced(by: .milliseconds(milliseconds))
        return try await self.pool.read(OwnerName("a.example"), absence: .provisional, deadline: deadline)
    }
}
