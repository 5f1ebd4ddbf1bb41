import DMPNetwork
import DMPProtocol
import DNSTransport

/// The reader of a command that uses no network.
struct OfflineReader: RecordReader {
    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        .unavailable(NetworkFailure(.closed, "this command uses no network"))
    }
}
