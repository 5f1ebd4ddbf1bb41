public import DMPProtocol
public import DNSTransport

/// A cluster in use: what reads and writes its records, and what keeps its nodes up to date.
public struct ClusterNetwork: Sendable {
    /// How long one read of the cluster may take.
    public static let readLimit = Duration.seconds(5)
    /// How long one publish may take.
    public static let publishLimit = Duration.seconds(20)
    /// How long one delete may take.
    public static let deleteLimit = Duration.seconds(5)

    /// Reads names of the cluster from its nodes, and all others through the bootstrap reader.
    public let reader: any RecordReader
    /// Writes to all nodes.
    public let writer: any RecordWriter
    /// What ``reader`` asks about the cluster.
    public let union: UnionReader
    /// What ``writer`` tells.
    public let fanout: FanoutWriter
    /// Keeps the nodes as the newest manifest lists them.
    public let refresher: ManifestRefresher
}

/// Lends a cluster to `body`: looks up its manifest, or takes the cached one; keeps it fresh; closes all connections
/// afterwards.
///
/// - Parameters:
///   - fetch: Which manifest, and whose.
///   - connections: How the nodes, and names outside the cluster, are reached.
///   - cache: Where the newest manifest is kept.
///   - settings: When to refresh.
///   - clock: For deadlines and intervals.
///   - closing: How long writes that are still under way may go on after `body`.
///   - now: The wall clock.
///   - body: What uses the cluster.
/// - Returns: What `body` returns.
/// - Throws: ``RefreshFailure`` if no manifest can be used; what `body` throws; `CancellationError`.
public func withClusterNetwork<Value: Sendable>(
    _ fetch: ClusterManifestFetch,
    connections: NodeConnections.Settings,
    cache: any ManifestCache = MemoryManifestCache(),
    refreshing settings: ManifestRefresher.Settings = .init(),
    clock: ErasedClock = .continuous,
    closing: Duration = .seconds(2),
    now: @escaping @Sendable () -> UnixSeconds,
    _ body: (ClusterNetwork) async throws -> Value
) async throws -> Value {
    let external = connections.bootstrapReader
    return try await withNodeConnections(connections, clock: clock) { connections in
        let refresher = try await ManifestRefresher(
            fetch,
            through: external,
            factory: connections.factory,
            cache: cache,
            settings: settings,
            clock: clock,
            now: now
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await refresher.run() }
            defer { group.cancelAll() }
            return try await withUnionReader(of: refresher.nodes, clock: clock) { union in
                try await withFanoutWriter(of: refresher.nodes, clock: clock, closing: closing, now: now) { fanout in
                    let limited = TimeLimitedReader(reader: union, limit: ClusterNetwork.readLimit, clock: clock)
                    let network = ClusterNetwork(
                        reader: CompositeReader(base: fetch.cluster.zone, cluster: limited, external: external),
                        writer: TimeLimitedWriter(
                            writer: fanout,
                            publishLimit: ClusterNetwork.publishLimit,
                            deleteLimit: ClusterNetwork.deleteLimit,
                            clock: clock
                        ),
                        union: union,
                        fanout: fanout,
                        refresher: refresher
                    )
                    return try await body(network)
                }
            }
        }
    }
}
