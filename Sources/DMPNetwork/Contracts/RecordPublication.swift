public import DMPProtocol
public import DNSTransport

/// A value that is to stand at a name for some time.
public struct RecordPublication: Hashable, Sendable {
    public let name: OwnerName
    public let value: TXTValue
    /// Seconds, at least 1.
    public let ttl: UInt32

    public init(_ value: TXTValue, at name: OwnerName, ttl: UInt32) {
        (self.name, self.value, self.ttl) = (name, value, ttl)
    }
}

/// A write that stopped: the first record that is known not to be out, and why. Of the others some may be.
public struct StoppedPublication: Error, Hashable, Sendable {
    public let record: RecordPublication
    /// Never ``WriteResult/accepted``.
    public let result: WriteResult

    public init(_ record: RecordPublication, _ result: WriteResult) {
        (self.record, self.result) = (record, result)
    }
}

extension RecordWriter {
    public var valueByteLimit: Int? { nil }

    public func prepare(forRecords count: Int) async {}

    public func fitsOneRequest(_ records: [RecordPublication]) -> Bool { false }

    /// Goes one by one, `width` at a time, and stops at the first that isn't accepted.
    public func publish(
        _ records: [RecordPublication],
        width: Int,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> StoppedPublication? {
        do {
            _ = try await records.concurrentMap(width: width) { record in
                let result = try await self.publish(record.value, at: record.name, ttl: record.ttl, deadline: deadline)
                if result != .accepted { throw StoppedPublication(record, result) }
            }
            return nil
        } catch let stop as StoppedPublication {
            return stop
        } catch {
            throw CancellationError()
        }
    }
}
