import DMPNetwork
import DMPProtocol
import DNSTransport

/// A writer that does what a test says, and keeps what was asked of it in order.
final class ScriptedWriter: RecordWriter {
    enum Behaviour: Sendable {
        case answer(WriteResult, after: Duration)
        /// Doesn't answer before the deadline, nor at it.
        case silence
        case cancels
    }

    enum Operation: Hashable, Sendable {
        case publish(TXTValue)
        case delete(TXTValue?)
    }

    let clock: ErasedClock
    private let behaviour: Shared<Behaviour>
    private let log = Shared((began: [Operation](), ended: [Operation](), underWay: 0))

    init(_ behaviour: Behaviour, clock: ErasedClock) {
        self.behaviour = Shared(behaviour)
        self.clock = clock
    }

    var began: [Operation] { self.log.value.began }
    /// What was carried out.
    var ended: [Operation] { self.log.value.ended }
    var underWayCount: Int { self.log.value.underWay }

    func behave(_ behaviour: Behaviour) { self.behaviour.change { $0 = behaviour } }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.perform(.publish(value), deadline: deadline)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.perform(.delete(value), deadline: deadline)
    }

    private func perform(
        _ operation: Operation,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        self.log.change {
            $0.began.append(operation)
            $0.underWay += 1
        }
        defer { self.log.change { $0.underWay -= 1 } }
        switch self.behaviour.value {
        case .answer(let result, let delay):
            try await self.sleep(until: self.clock.now.advanced(by: delay))
            if result == .accepted { self.log.change { $0.ended.append(operation) } }
            return result
        case .silence:
            try await self.sleep(until: deadline.advanced(by: .seconds(1000)))
            return .accepted
        case .cancels:
            throw CancellationError()
        }
    }

    private func sleep(until instant: ErasedClock.Instant) async throws(CancellationError) {
        do { try await self.clock.sleep(until: instant) } catch { throw CancellationError() }
    }
}

extension ScriptedWriter.Behaviour {
    static func accepts(after milliseconds: Int = 20) -> Self {
        .answer(.accepted, after: .milliseconds(milliseconds))
    }

    static func refuses(after milliseconds: Int = 20) -> Self {
        .answer(.refused(NetworkFailure(.unauthorized, "scripted")), after: .milliseconds(milliseconds))
    }

    static func fails(after milliseconds: Int = 20) -> Self {
        .answer(.unavailable(NetworkFailure(.unreachable, "scripted")), after: .milliseconds(milliseconds))
    }
}
