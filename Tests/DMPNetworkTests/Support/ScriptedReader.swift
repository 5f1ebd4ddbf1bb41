import DMPNetwork
import DMPProtocol
import DNSTransport

/// A reader that does what a test says, and counts what is asked of it.
final class ScriptedReader: RecordReader {
    enum Behaviour: Sendable {
        /// Gives this result after a time.
        case answer(ReadResult, after: Duration)
        /// Doesn't answer before the deadline, nor at it.
        case silence
        /// Gives up at the deadline, as readers should.
        case timeout
        /// Ends as if it were cancelled, without being so.
        case cancels
    }

    let clock: ErasedClock
    private let behaviour: Shared<Behaviour>
    private let counts = Shared((asked: 0, underWay: 0, needs: [AbsenceNeed]()))

    init(_ behaviour: Behaviour, clock: ErasedClock) {
        self.behaviour = Shared(behaviour)
        self.clock = clock
    }

    var askedCount: Int { self.counts.value.asked }
    var underWayCount: Int { self.counts.value.underWay }
    var needs: [AbsenceNeed] { self.counts.value.needs }

    func behave(_ behaviour: Behaviour) { self.behaviour.change { $0 = behaviour } }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        try await self.read(name, absence: .decisive, deadline: deadline)
    }

    func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        self.counts.change {
            $0.asked += 1
            $0.underWay += 1
            $0.needs.append(absence)
        }
        defer { self.counts.change { $0.underWay -= 1 } }
        switch self.behaviour.value {
        case .answer(let result, let delay):
            try await self.sleep(until: self.clock.now.advanced(by: delay))
            return result
        case .silence:
            try await self.sleep(until: deadline.advanced(by: .seconds(1000)))
            return .absent
        case .timeout:
            try await self.sleep(until: deadline)
            return .unavailable(NetworkFailure(.timeout, "no answer"))
        case .cancels:
            throw CancellationError()
        }
    }

    private func sleep(until instant: ErasedClock.Instant) async throws(CancellationError) {
        do { try await self.clock.sleep(until: instant) } catch { throw CancellationError() }
    }
}

extension ScriptedReader.Behaviour {
    static func records(_ texts: String..., after milliseconds: Int = 20) -> Self {
        .answer(.records(texts.map { TXTValue($0) }), after: .milliseconds(milliseconds))
    }

    static func absent(after milliseconds: Int = 20) -> Self { .answer(.absent, after: .milliseconds(milliseconds)) }

    static func failure(_ code: NetworkFailure.Code, after milliseconds: Int = 20) -> Self {
        .answer(.unavailable(NetworkFailure(code, "scripted")), after: .milliseconds(milliseconds))
    }
}

extension ErasedClock {
    /// The instant `milliseconds` after the clock's beginning.
    static func at(_ milliseconds: Int) -> Instant { Instant(offset: .milliseconds(milliseconds)) }

    /// What the operation returns, and how long it took in milliseconds.
    func timed<Value>(_ operation: () async throws -> Value) async rethrows -> (value: Value, milliseconds: Int) {
        let start = self.now
        let value = try await operation()
        return (value, Int(start.duration(to: self.now) / .milliseconds(1)))
    }
}
