internal import DNSTransport
internal import DNSWire
internal import Logging
internal import ServiceLifecycle
private import Synchronization

/// The keys that count now.
final class UpdateKeys: Sendable {
    private let keys: Mutex<[DNSName: UpdateKey]>

    init(_ keys: [UpdateKey]) {
        self.keys = Mutex(Self.table(keys))
    }

    /// The key of that name, if it goes with the algorithm.
    func find(_ name: DNSName, algorithm: DNSName) -> UpdateKey? {
        guard let key = self.keys.withLock({ $0[name] }), key.key.algorithm.name == algorithm else { return nil }
        return key
    }

    func replace(with keys: [UpdateKey]) {
        let table = Self.table(keys)
        self.keys.withLock { $0 = table }
    }

    private static func table(_ keys: [UpdateKey]) -> [DNSName: UpdateKey] {
        Dictionary(keys.map { ($0.key.name, $0) }) { $1 }
    }
}

/// Reads the key file again and again, so that new keys work and removed ones stop without a restart.
struct UpdateKeyReader: Service {
    let file: any UpdateKeySource
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
            self.keys.replace(with: try await self.file.read())
            return nil
        } catch {
            if error != complaint { self.logger.error("the keys stay as they are: \(error)") }
            return error
        }
    }
}
