import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Synchronization
import Testing

@Suite("The simulated network")
struct SimulatedNetworkTests {
    private let clock = ErasedClock(SkippingClock())
    private let network: SimulatedNetwork
    private let zone: ZoneName
    private let name: OwnerName
    private let old = TXTValue("old")
    private let new = TXTValue("new")

    init() throws {
        let zone = try ZoneName("z0.test")
        self.zone = zone
        self.name = try OwnerName("rotate.dmp.z0.test")
        let clock = self.clock
        self.network = SimulatedNetwork(seed: 1, zones: [zone], clock: clock) { Self.wall(clock) }
    }

    private static func wall(_ clock: ErasedClock) -> UnixSeconds {
        UnixSeconds(rawValue: 1_800_000_000 + UInt64(clock.now.offset.components.seconds))
    }

    private var link: SimulatedLink { self.network.link(of: "alice") }
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(10)) }

    private func strike(_ fault: NetworkFault?, round: UInt64 = 1) {
        self.network.set(fault.map { FaultRates([$0: 1_000]) } ?? .none, round: round)
    }

    private func publish(_ value: TXTValue, under fault: NetworkFault? = nil) async throws -> WriteResult {
        self.strike(fault)
        return try await self.link.publish(value, at: self.name, ttl: 300, deadline: self.soon)
    }

    private func read(under fault: NetworkFault? = nil) async throws -> ReadResult {
        self.strike(fault)
        return try await self.link.read(self.name, deadline: self.soon)
    }

    private func held() async -> [TXTValue] { await self.network.values(at: self.name) }

    private func isUnavailable(_ result: WriteResult) -> Bool { if case .unavailable = result { true } else { false } }
    private func isUnavailable(_ result: ReadResult) -> Bool { if case .unavailable = result { true } else { false } }

    @Test("Without faults a value is there at once, in no time")
    func quiet() async throws {
        let start = self.clock.now
        #expect(try await self.publish(self.old) == .accepted)
        #expect(try await self.read() == .records([self.old]))
        #expect(self.clock.now == start && self.network.counts.isEmpty && self.network.questions == 2)
    }

    @Test("What isn't answered takes until the deadline; whether it had its effect, the fault says")
    func unanswered() async throws {
        for (fault, isThere) in [
            (NetworkFault.requestLost, false), (.silentHost, false), (.answerLost, true), (.slowDrip, true),
        ] {
            let value = TXTValue(fault.rawValue)
            let start = self.clock.now
            #expect(self.isUnavailable(try await self.publish(value, under: fault)), "\(fault)")
            #expect(start.duration(to: self.clock.now) == .seconds(10), "\(fault)")
            #expect(await self.held().contains(value) == isThere, "\(fault)")
            #expect(self.isUnavailable(try await self.read(under: fault)), "\(fault)")
        }
    }

    @Test("A delay takes up to three seconds, and more time than there is counts as no answer")
    func delay() async throws {
        let start = self.clock.now
        #expect(try await self.publish(self.old, under: .delay) == .accepted)
        let delay = start.duration(to: self.clock.now)
        #expect(delay > .zero && delay <= .seconds(3))
        let late = try await self.link.read(self.name, deadline: self.clock.now)
        #expect(self.isUnavailable(late))
    }

    @Test("An overloaded node answers at once, and does nothing")
    func overloaded() async throws {
        let start = self.clock.now
        guard case .unavailable(let failure) = try await self.publish(self.old, under: .overloaded) else {
            Issue.record("it was no failure that may pass")
            return
        }
        #expect(failure.code == .rateLimited && self.clock.now == start)
        #expect(await self.held().isEmpty)
    }

    @Test("A write that arrives twice brings back what was deleted meanwhile")
    func duplicate() async throws {
        #expect(try await self.publish(self.old, under: .duplicate) == .accepted)
        self.strike(nil)
        #expect(try await self.link.delete(self.old, at: self.name, deadline: self.soon) == .accepted)
        #expect(await self.held().isEmpty)
        try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(121)))
        #expect(try await self.read() == .records([self.old]))
    }

    @Test("A write that is overtaken is acknowledged before it is there")
    func reordered() async throws {
        #expect(try await self.publish(self.old, under: .reordered) == .accepted)
        #expect(await self.held().isEmpty)
        try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(4)))
        #expect(try await self.read() == .records([self.old]))
    }

    @Test("An answer lies, lacks values, or has a bit flipped in each or in one")
    func damaged() async throws {
        for value in [self.old, self.new] { _ = try await self.publish(value) }
        #expect(try await self.read(under: .lyingNegative) == .absent)
        for round in 1...20 as ClosedRange<UInt64> {
            self.strike(.truncated, round: round)
            switch try await self.link.read(self.name, deadline: self.soon) {
            case .records(let values): #expect(values.count == 1)
            case .unavailable(let failure): #expect(failure.code == .malformedAnswer)
            case .absent: Issue.record("round \(round): a part is missing, not all")
            }
            self.strike(.corrupted, round: round)
            guard case .records(let values) = try await self.link.read(self.name, deadline: self.soon) else {
                Issue.record("round \(round): there is no answer")
                continue
            }
            let bits = zip(values, [self.old, self.new]).map { Self.differingBits($0, $1) }
            #expect(values.count == 2 && bits.allSatisfy { $0 <= 1 } && bits.contains(1), "round \(round)")
        }
    }

    private static func differingBits(_ left: TXTValue, _ right: TXTValue) -> Int {
        zip(left.bytes, right.bytes).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    }

    @Test("A stale cache shows for a minute what it saw before, and then what is there")
    func staleCache() async throws {
        _ = try await self.publish(self.old)
        #expect(try await self.read() == .records([self.old]))
        _ = try await self.publish(self.new)
        #expect(try await self.read(under: .staleCache) == .records([self.old]))
        #expect(self.network.counts[.staleCache] == 1)
        _ = try await self.publish(TXTValue("newest"))
        try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(61)))
        guard case .records(let values) = try await self.read(under: .staleCache) else {
            Issue.record("there is no answer")
            return
        }
        #expect(Set(values) == [self.old, self.new, TXTValue("newest")])
        #expect(self.network.counts[.staleCache] == 1)
    }

    @Test("A partition keeps one user from a zone, and a silence all, until their end")
    func partition() async throws {
        _ = try await self.publish(self.old)
        self.network.partition("alice", from: self.zone, until: self.clock.now.advanced(by: .seconds(15)))
        #expect(self.isUnavailable(try await self.read()))
        let bob = self.network.link(of: "bob")
        #expect(try await bob.read(self.name, deadline: self.soon) == .records([self.old]))
        try await self.clock.sleep(until: self.clock.now.advanced(by: .seconds(5)))
        #expect(try await self.read() == .records([self.old]))
        self.network.silence(self.zone, until: self.clock.now.advanced(by: .seconds(60)))
        #expect(self.isUnavailable(try await bob.read(self.name, deadline: self.soon)))
        await self.network.heal()
        #expect(try await bob.read(self.name, deadline: self.soon) == .records([self.old]))
    }

    @Test("The same seed strikes the same questions")
    func seeded() async throws {
        var runs: [[ReadResult]] = []
        for _ in 0..<2 {
            let tests = try SimulatedNetworkTests()
            _ = try await tests.publish(self.old)
            tests.network.set(.even(60), round: 7)
            var results: [ReadResult] = []
            for _ in 0..<200 { results.append(try await tests.link.read(tests.name, deadline: tests.soon)) }
            runs.append(results)
        }
        #expect(runs[0] == runs[1] && Set(runs[0]).count > 2)
    }
}

/// A clock on which nobody waits: who sleeps moves it to the end of the sleep.
private final class SkippingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex(Instant(offset: .zero))

    var now: Instant { self.state.withLock(\.self) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        self.state.withLock { $0 = max($0, deadline) }
    }
}
