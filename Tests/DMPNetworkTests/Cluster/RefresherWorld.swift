import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport

/// A cluster whose manifest a test publishes, and what a refresher of it needs.
struct RefresherWorld: Sendable {
    let alice: Operator
    let fetch: ClusterManifestFetch
    let reader = StagedReader()
    let manual = ManualClock()
    let wall = Shared(Operator.now)

    init() throws {
        self.alice = try Operator(1)
        self.fetch = try ClusterManifestFetch(RecordDomain("mesh.test"), operatorKey: self.alice.key)
    }

    func publish(_ values: TXTValue...) throws {
        try self.reader.stage(.records(values), at: "cluster.mesh.test")
    }

    func refresher(
        cache: any ManifestCache = MemoryManifestCache(),
        factory: ClusterNodeFactory = .scripted,
        clock: ErasedClock? = nil,
        _ edit: (inout ManifestRefresher.Settings) -> Void = { _ in }
    ) async throws -> ManifestRefresher {
        var settings = ManifestRefresher.Settings()
        settings.policy = nil
        edit(&settings)
        return try await ManifestRefresher(
            self.fetch,
            through: self.reader,
            factory: factory,
            cache: cache,
            settings: settings,
            clock: clock ?? ErasedClock(self.manual),
            now: { [wall = self.wall] in wall.value }
        )
    }
}

extension ManifestRefresher {
    /// Runs while `body` does.
    func running<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }
}

/// A cache that fails as a test says.
final class FailingCache: ManifestCache {
    private let fails = Shared((loading: false, storing: false))

    func fail(loading: Bool = false, storing: Bool = false) { self.fails.change { $0 = (loading, storing) } }

    func load() async throws(ManifestCacheFailure) -> CachedManifest? {
        if self.fails.value.loading { throw ManifestCacheFailure("can't be read") }
        return nil
    }

    func store(_ manifest: CachedManifest) async throws(ManifestCacheFailure) {
        if self.fails.value.storing { throw ManifestCacheFailure("can't be written") }
    }
}
