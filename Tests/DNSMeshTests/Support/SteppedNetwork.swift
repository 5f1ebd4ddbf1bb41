import DMPNetwork
import DMPProtocol
import DNSTransport
import Synchronization

/// A network that answers only when the test says so, and then everything that was asked: one round trip at a time.
final class SteppedNetwork: RecordReader, RecordWriter {
    private struct Waiting {
        let name: OwnerName
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var watcher: (count: Int, continuation: CheckedContinuation<Void, Never>)?
        var steps = 0
        var announced: [Int] = []
    }

    private let base: MemoryRecordStore
    private let state = Mutex(State())

    init(_ base: MemoryRecordStore) { self.base = base }

    /// How many round trips there were.
    var steps: Int { self.state.withLock(\.steps) }
    /// How many records were said to come, each time.
    var announced: [Int] { self.state.withLock(\.announced) }
    /// How many requests wait for the next one.
    var waitingCount: Int { self.state.withLock(\.waiting.count) }

    /// Waits until `count` requests are under way, and lets all of them be answered.
    ///
    /// - Returns: Their names.
    func step(of count: Int) async -> [String] {
        await withCheckedContinuation { continuation in
            let isReady = self.state.withLock { state in
                if state.waiting.count < count { state.watcher = (count, continuation) }
                return state.waiting.count >= count
            }
            if isReady { continuation.resume() }
        }
        let waiting = self.state.withLock { state in
            state.steps += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for request in waiting { request.continuation.resume() }
        return waiting.map(\.name.text)
    }

    private func enter(_ name: OwnerName) async {
        await withCheckedContinuation { continuation in
            let watcher = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.waiting.append(Waiting(name: name, continuation: continuation))
                guard let watcher = state.watcher, state.waiting.count >= watcher.count else { return nil }
                state.watcher = nil
                return watcher.continuation
            }
            watcher?.resume()
        }
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        await self.enter(name)
        return try await self.base.read(name, deadline: deadline)
    }

    func prepare(forRecords count: Int) async {
        self.state.withLock { $0.announced.append(count) }
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        await self.enter(name)
        return try await self.base.publish(value, at: name, ttl: ttl, deadline: deadline)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        await self.enter(name)
        return try await self.base.delete(value, at: name, deadline: deadline)
    }
}
