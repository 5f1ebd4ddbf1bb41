import DMPProtocol
import DNSTransport

/// Reads from one node of a cluster.
final class NodeReader: RecordReader {
    private let connection: SharedConnection<UpstreamReader>

    init(_ connection: SharedConnection<UpstreamReader>) {
        self.connection = connection
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        let result = try await self.connection.use(before: deadline) { (reader) throws(CancellationError) in
            try await reader.read(name, deadline: deadline)
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let failure): return .unavailable(failure)
        }
    }
}

/// Writes to one node of a cluster.
final class NodeWriter: RecordWriter {
    private let connection: SharedConnection<HTTPRecordWriter>

    init(_ connection: SharedConnection<HTTPRecordWriter>) {
        self.connection = connection
    }

    func prepare(forRecords count: Int) async {
        self.connection.prepare { await $0.prepare(forRecords: count) }
    }

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.write(before: deadline) { (writer) throws(CancellationError) in
            try await writer.publish(value, at: name, ttl: ttl, deadline: deadline)
        }
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        try await self.write(before: deadline) { (writer) throws(CancellationError) in
            try await writer.delete(value, at: name, deadline: deadline)
        }
    }

    private func write(
        before deadline: ErasedClock.Instant,
        _ operation: (HTTPRecordWriter) async throws(CancellationError) -> WriteResult
    ) async throws(CancellationError) -> WriteResult {
        switch try await self.connection.use(before: deadline, operation) {
        case .success(let result): return result
        case .failure(let failure): return .unavailable(failure)
        }
    }
}

/// Stands for a node that must not be written to, for a reason that each write gets to hear.
struct RefusingWriter: RecordWriter {
    let failure: NetworkFailure

    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        .refused(self.failure)
    }

    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        .refused(self.failure)
    }
}
