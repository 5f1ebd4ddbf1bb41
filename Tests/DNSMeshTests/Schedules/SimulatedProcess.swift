import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Synchronization

@testable import DNSMesh

/// Where a process is interrupted: at an access to its files or to the network.
struct Cut: Hashable, Sendable {
    /// How many accesses go well before.
    let after: Int
    /// Whether the process ends there; else its task is cancelled.
    let isCrash: Bool
}

/// What a process passes at each access to its files and to the network. Once the process has ended, nothing of it has any
/// effect any more.
final class ProcessGate: StoreGate {
    private struct State {
        var isDead = false
        var count = 0
        var cut: Cut?
        var cancel: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())

    var isDead: Bool { self.state.withLock(\.isDead) }

    func kill() { self.state.withLock { $0.isDead = true } }

    func arm(_ cut: Cut?, cancel: @escaping @Sendable () -> Void) {
        self.state.withLock { state in
            state.count = 0
            state.cut = cut
            state.cancel = cancel
        }
    }

    func disarm() {
        self.state.withLock { state in
            state.cut = nil
            state.cancel = {}
        }
    }

    func pass() throws(CancellationError) {
        let (isDead, cancel) = self.state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard let cut = state.cut, !state.isDead else { return (state.isDead, nil) }
            state.count += 1
            guard state.count > cut.after else { return (false, nil) }
            state.cut = nil
            state.isDead = cut.isCrash
            return (state.isDead, state.cancel)
        }
        cancel?()
        if isDead { throw CancellationError() }
    }

    func access<Value: Sendable>(evenIfCancelled: Bool, _ work: () throws -> Value) async throws -> Value {
        await Task.yield()
        try self.pass()
        guard evenIfCancelled || !Task.isCancelled else { throw CancellationError() }
        let value = try work()
        try self.pass()
        return value
    }
}

/// Lets the checks look at the files at once.
struct OpenGate: StoreGate {
    func access<Value: Sendable>(evenIfCancelled: Bool, _ work: () throws -> Value) async throws -> Value {
        try work()
    }
}

/// The network as one process has it.
struct ProcessLink: RecordReader, RecordWriter {
    let base: SimulatedLink
    let gate: ProcessGate

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        let result = try await self.base.read(name, deadline: deadline)
        try self.gate.pass()
        return result
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try self.gate.pass()
        let result = try await self.base.publish(value, at: name, ttl: ttl, deadline: deadline)
        try self.gate.pass()
        return result
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try self.gate.pass()
        let result = try await self.base.delete(value, at: name, deadline: deadline)
        try self.gate.pass()
        return result
    }
}

/// The contacts of a user, as one process has them.
struct ProcessContacts: ContactStore {
    let base: MemoryContactStore
    let gate: ProcessGate

    func load() async throws -> [Contact] {
        try self.gate.pass()
        return await self.base.load()
    }

    func apply(_ change: ContactChange) async throws {
        try self.gate.pass()
        await self.base.apply(change)
        try self.gate.pass()
    }
}

/// All processes that a user ever had, by their marks, counted from 1.
final class ProcessList: Sendable {
    private let gates = Mutex<[ProcessGate]>([])

    func presence(of gate: ProcessGate) -> SimulatedPresence {
        self.gates.withLock { gates in
            gates.append(gate)
            return SimulatedPresence(list: self, ownMark: Int64(gates.count))
        }
    }

    fileprivate func isDead(_ mark: Int64) -> Bool {
        self.gates.withLock { $0.indices.contains(Int(mark) - 1) && $0[Int(mark) - 1].isDead }
    }
}

/// Knows which processes of a user are there.
struct SimulatedPresence: SendingPresence {
    let list: ProcessList
    let ownMark: Int64

    func begin() {}
    func end() {}
    func mark() -> Int64 { self.ownMark }
    func isGone(_ mark: Int64) -> Bool { self.list.isDead(mark) }
}

/// A client that may end at any access.
struct SimulatedProcess: Sendable {
    let gate: ProcessGate
    let stores: MeshStores
    let client: DMPClient
}
