public import DMPProtocol
public import DNSTransport

/// What a reader found out about a name. "Unknown" is never reported as "no".
public enum ReadResult: Hashable, Sendable {
    /// The name holds these TXT values, at least one, in the order of the answer. Nothing about them is verified.
    case records([TXTValue])
    /// An answer says so: the name doesn't exist, or it holds no TXT record.
    case absent
    /// Nobody knows: no answer in time, or one that says nothing about the name. Ask again later.
    case unavailable(NetworkFailure)
}

/// Looks up the TXT values at a name.
///
/// Source: protocol documents, "The network layer", section 1.
public protocol RecordReader: Sendable {
    /// Asks for the TXT values at `name`, once or several times, until there is an answer or `deadline` has come.
    ///
    /// Throws `CancellationError` if the task was cancelled, and nothing else.
    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult

    /// Reads as ``read(_:deadline:)``, and takes as much care with an absence as the caller has use for.
    ///
    /// Readers that ask a single source have no choice and needn't implement this.
    func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult

    /// Says that `name` will be read now and may hold much, so that connections which take a round trip to open are
    /// opened beside the first question. A reader that has none needn't implement this.
    func prepareForLargeAnswers(at name: OwnerName) async
}

extension RecordReader {
    public func read(
        _ name: OwnerName,
        absence: AbsenceNeed,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> ReadResult {
        try await self.read(name, deadline: deadline)
    }

    public func prepareForLargeAnswers(at name: OwnerName) async {}
}
