public import DMPProtocol
public import DNSTransport

/// What became of a write. "Unknown" is never reported as "no".
public enum WriteResult: Hashable, Sendable {
    /// The authority acknowledged the write.
    case accepted
    /// The authority said no, and would say so again: don't repeat this write as it is.
    case refused(NetworkFailure)
    /// Nobody knows whether it happened: no answer in time, or a failure that may pass. Writing again does no harm.
    case unavailable(NetworkFailure)
}

/// Adds TXT values to names and takes them away.
///
/// Both operations may be repeated: publishing a value that is there renews its lifetime, deleting one that is gone
/// succeeds. Nothing replaces what others have published at the same name.
///
/// Source: protocol documents, "The network layer", section 1.
public protocol RecordWriter: Sendable {
    /// The longest value that can be written this way, in bytes; `nil`, unless implemented, where it isn't known.
    ///
    /// The server may take less, and refuses what is longer.
    var valueByteLimit: Int? { get }

    /// Says that about `count` records will be written soon, so that connections are opened beside what comes before that.
    /// Doesn't wait for them. A writer that has none needn't implement this.
    func prepare(forRecords count: Int) async

    /// Adds `value` to those at `name`, to be kept for `ttl` seconds (at least 1).
    ///
    /// Gives up at `deadline`, tries and waiting included. Throws `CancellationError` if the task was cancelled, and
    /// nothing else; the outcome is then unknown.
    func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult

    /// Publishes many records as ``publish(_:at:ttl:deadline:)`` does, with as few requests as this way of writing allows.
    ///
    /// At most `width` requests are under way, and the result is `nil` once all records are accepted. Writers that send one
    /// record at a time needn't implement this.
    func publish(
        _ records: [RecordPublication],
        width: Int,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> StoppedPublication?

    /// Whether ``publish(_:width:deadline:)`` writes all of these with a single request, and none of them is there before
    /// those in front of it. `false` unless implemented.
    func fitsOneRequest(_ records: [RecordPublication]) -> Bool

    /// Takes `value` away from those at `name`, or all of them for `nil`. That nothing is there counts as accepted.
    ///
    /// Deadline and cancellation are as with ``publish(_:at:ttl:deadline:)``.
    func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult
}
