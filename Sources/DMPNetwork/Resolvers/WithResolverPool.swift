public import DNSTransport

/// Lends a pool to `body`, and ends its queries after.
///
/// - Throws: ``NetworkFailure`` as ``ResolverPool/init(_:settings:clock:)``; what `body` throws.
public func withResolverPool<Value>(
    _ upstreams: [ResolverPool.Upstream],
    settings: ResolverPool.Settings = .init(),
    clock: ErasedClock = .continuous,
    _ body: (ResolverPool) async throws -> Value
) async throws -> Value {
    let pool = try ResolverPool(upstreams, settings: settings, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await pool.run() }
        defer { group.cancelAll() }
        return try await body(pool)
    }
}
