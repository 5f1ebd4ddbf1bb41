internal import DNSTransport
internal import Logging
internal import ServiceLifecycle

/// Reads the keys again and again, so that new keys work and removed ones stop without a restart.
struct UpdateKeyReader: Service {
    let source: any UpdateKeySource
    let keys: UpdateKeys
    let interval: Duration
    let clock: ErasedClock
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                var complaint: UpdateKeyFileError?
                while true {
                    try await self.clock.sleep(until: self.clock.now.advanced(by: self.interval))
                    complaint = await self.check(after: complaint)
                }
            }
        } catch is CancellationError {
            // the way it ends
        }
    }

    /// A file that can't be read leaves the keys as they are, and is named once.
    func check(after complaint: UpdateKeyFileError?) async -> UpdateKeyFileError? {
        do throws(UpdateKeyFileError) {
            self.keys.replace(with: try await self.source.read())
            return nil
        } catch {
            if error != complaint { self.logger.error("the keys stay as they are: \(error)") }
            return error
        }
    }
}
