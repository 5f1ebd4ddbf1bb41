internal import DMPProtocol
internal import DNSTransport
internal import Logging
internal import ServiceLifecycle

/// Deletes expired records, the first time one interval after the start.
struct CleanupWorker: Service {
    let store: RecordStore
    let interval: Duration
    let clock: ErasedClock
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    try await self.clock.sleep(until: self.clock.now.advanced(by: self.interval))
                    try await self.clean()
                }
            }
        } catch is CancellationError {
            // the way it ends
        }
    }

    private func clean() async throws(CancellationError) {
        do {
            let count = try await self.store.removeExpired(now: self.now())
            if count > 0 { self.logger.debug("deleted expired records", metadata: ["count": "\(count)"]) }
        } catch let error as CancellationError {
            throw error
        } catch {
            self.logger.error("expired records could not be deleted", metadata: ["cause": "\(error)"])
        }
    }
}
