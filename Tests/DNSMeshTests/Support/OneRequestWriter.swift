import DMPNetwork
import DMPProtocol
import DNSTransport
import Synchronization

/// A writer of many records at once, as by DNS UPDATE, that does with each request what a test says.
final class OneRequestWriter: RecordWriter {
    private let store: MemoryRecordStore
    private struct State {
        var rule: @Sendable (Int) -> WriteResult = { _ in .accepted }
        var carriedOut = 0
        var requests: [[OwnerName]] = []
    }

    private let state = Mutex(State())

    init(_ store: MemoryRecordStore) { self.store = store }

    /// Says how many records of a request that isn't accepted are carried out all the same.
    func carryOut(_ count: Int) { self.state.withLock { $0.carriedOut = count } }

    /// Says what becomes of the next requests, by their number, counted from 0.
    func answer(_ rule: @escaping @Sendable (Int) -> WriteResult) { self.state.withLock { $0.rule = rule } }

    /// The names of each request.
    var requests: [[OwnerName]] { self.state.withLock(\.requests) }

    func fitsOneRequest(_ records: [RecordPublication]) -> Bool { true }

    func publish(
        _ records: [RecordPublication],
        width: Int,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> StoppedPublication? {
        let (result, carriedOut) = self.state.withLock { state in
            state.requests.append(records.map(\.name))
            return (state.rule(state.requests.count - 1), state.carriedOut)
        }
        for record in records.prefix(result == .accepted ? records.count : carriedOut) {
            _ = try await self.store.publish(record.value, at: record.name, ttl: record.ttl, deadline: deadline)
        }
        return result == .accepted ? nil : StoppedPublication(records[0], result)
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.publish([RecordPublication(value, at: name, ttl: ttl)], width: 1, deadline: deadline)?.result
            ?? .accepted
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.store.delete(value, at: name, deadline: deadline)
    }
}
