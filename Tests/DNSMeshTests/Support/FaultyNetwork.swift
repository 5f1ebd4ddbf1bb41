import DMPNetwork
import DMPProtocol
import DNSTransport
import Synchronization

/// A reader and writer in front of another, which a test tells to fail for some names.
final class FaultyNetwork<Base: RecordReader & RecordWriter>: RecordReader, RecordWriter {
    typealias ReadRule = @Sendable (OwnerName, ReadResult) -> ReadResult
    typealias WriteRule = @Sendable (OwnerName, TXTValue) -> WriteResult?

    typealias DeleteRule = @Sendable (OwnerName, TXTValue?) -> WriteResult?

    private struct State {
        var readRule: ReadRule = { $1 }
        var writeRule: WriteRule = { _, _ in nil }
        var deleteRule: DeleteRule = { _, _ in nil }
        var reads: [OwnerName] = []
        var publishes: [(name: OwnerName, value: TXTValue)] = []
        var deletes: [(name: OwnerName, value: TXTValue?)] = []
    }

    private let base: Base
    private let state = Mutex(State())

    init(_ base: Base) { self.base = base }

    func onRead(_ rule: @escaping ReadRule) { self.state.withLock { $0.readRule = rule } }
    /// `nil` lets the write through.
    func onPublish(_ rule: @escaping WriteRule) { self.state.withLock { $0.writeRule = rule } }
    func onDelete(_ rule: @escaping DeleteRule) { self.state.withLock { $0.deleteRule = rule } }

    var reads: [OwnerName] { self.state.withLock(\.reads) }
    var publishes: [(name: OwnerName, value: TXTValue)] { self.state.withLock(\.publishes) }
    var deletes: [(name: OwnerName, value: TXTValue?)] { self.state.withLock(\.deletes) }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        let result = try await self.base.read(name, deadline: deadline)
        let rule = self.state.withLock { state in
            state.reads.append(name)
            return state.readRule
        }
        return rule(name, result)
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let rule = self.state.withLock { state in
            state.publishes.append((name, value))
            return state.writeRule
        }
        if let result = rule(name, value) { return result }
        return try await self.base.publish(value, at: name, ttl: ttl, deadline: deadline)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let rule = self.state.withLock { state in
            state.deletes.append((name, value))
            return state.deleteRule
        }
        if let result = rule(name, value) { return result }
        return try await self.base.delete(value, at: name, deadline: deadline)
    }
}
