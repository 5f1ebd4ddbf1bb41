import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport

/// A reader that answers for some names only at the deadline, which a test's clock brings.
actor HangingReader: RecordReader {
    private let base: MemoryRecordStore
    private let clock: ManualClock
    private let hangs: @Sendable (OwnerName) -> Bool
    private(set) var hanging = 0

    init(base: MemoryRecordStore, clock: ManualClock, hangs: @escaping @Sendable (OwnerName) -> Bool) {
        self.base = base
        self.clock = clock
        self.hangs = hangs
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard self.hangs(name) else { return try await self.base.read(name, deadline: deadline) }
        self.hanging += 1
        do {
            try await ErasedClock(self.clock).sleep(until: deadline)
        } catch {
            throw CancellationError()
        }
        return .unavailable(NetworkFailure(.timeout, "no answer"))
    }
}
