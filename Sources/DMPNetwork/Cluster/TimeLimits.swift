import DMPProtocol
import DNSTransport

/// Ends reads of a cluster before their caller's deadline, so that a cluster of which nothing answers doesn't use up the
/// time of all that follows.
struct TimeLimitedReader: RecordReader {
    let reader: any RecordReader
    let limit: Duration
    let clock: ErasedClock

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        try await self.reader.read(name, deadline: self.clock.soonest(of: deadline, self.limit))
    }

    func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.reader.read(name, absence: absence, deadline: self.clock.soonest(of: deadline, self.limit))
    }
}

/// Ends writes likewise. A delete waits for every node, so it gets less time than a publish, which waits for a quorum.
struct TimeLimitedWriter: RecordWriter {
    let writer: any RecordWriter
    let publishLimit: Duration
    let deleteLimit: Duration
    let clock: ErasedClock

    func prepare(forRecords count: Int) async { await self.writer.prepare(forRecords: count) }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let soonest = self.clock.soonest(of: deadline, self.publishLimit)
        return try await self.writer.publish(value, at: name, ttl: ttl, deadline: soonest)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let soonest = self.clock.soonest(of: deadline, self.deleteLimit)
        return try await self.writer.delete(value, at: name, deadline: soonest)
    }
}

extension ErasedClock {
    fileprivate func soonest(of deadline: Instant, _ limit: Duration) -> Instant {
        min(deadline, self.now.advanced(by: limit))
    }
}
