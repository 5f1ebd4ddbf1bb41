package import DMPNetwork
package import DMPProtocol
package import DNSTransport

/// The way by which one user of a ``SimulatedNetwork`` reads and writes.
package struct SimulatedLink: RecordReader, RecordWriter {
    let network: SimulatedNetwork
    let user: String

    package func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard !Task.isCancelled else { throw CancellationError() }
        return try await self.network.read(name, by: self.user, deadline: deadline)
    }

    package func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        guard !Task.isCancelled else { throw CancellationError() }
        return try await self.network.publish(value, at: name, ttl: ttl, by: self.user, deadline: deadline)
    }

    package func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        guard !Task.isCancelled else { throw CancellationError() }
        return try await self.network.delete(value, at: name, by: self.user, deadline: deadline)
    }
}
