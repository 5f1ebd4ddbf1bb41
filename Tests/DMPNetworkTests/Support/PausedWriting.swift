import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport

/// Publishes through an ``HTTPRecordWriter`` whose time stands still, except for its pauses.
struct PausedWriting: Sendable {
    let manual = ManualClock()
    let clock: ErasedClock
    private let name: OwnerName
    private let pauseCount = Shared(0)

    init() throws {
        self.clock = ErasedClock(self.manual)
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    /// Publishes once. Pauses aren't shortened by chance, and the time goes forward by `pauses`, one at each of them.
    ///
    /// Before each pause the writer asks for a random number; nothing else sleeps until the pause is over.
    func publish(
        to endpoint: String,
        within limit: Duration = .seconds(60),
        tryTimeout: Duration = .seconds(10),
        bodyTimeout: Duration = .seconds(2),
        trustRoots: String? = nil,
        pauses: [Duration] = []
    ) async throws -> WriteResult {
        let endpoint = try HTTPEndpoint(endpoint)
        var settings = self.settings(tryTimeout: tryTimeout)
        settings.bodyTimeout = bodyTimeout
        settings.trustRoots = trustRoots.map { Array($0.utf8) }
        return try await withThrowingTaskGroup(of: WriteResult?.self) { group in
            group.addTask { [settings] in
                try await withHTTPRecordWriter(to: endpoint, token: nil, clock: self.clock, settings: settings) {
                    let deadline = self.clock.now.advanced(by: limit)
                    return try await $0.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: deadline)
                }
            }
            group.addTask {
                for (index, pause) in pauses.enumerated() {
                    while self.pauseCount.value <= index, !Task.isCancelled { await Task.yield() }
                    while self.manual.sleeperCount != 1, !Task.isCancelled { await Task.yield() }
                    self.manual.advance(by: pause)
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func settings(tryTimeout: Duration) -> HTTPRecordWriter.Settings {
        var settings = HTTPRecordWriter.Settings()
        settings.tryTimeout = tryTimeout
        settings.jitter = { [pauseCount = self.pauseCount] in
            pauseCount.change { $0 += 1 }
            return 0
        }
        return settings
    }
}
