package import DMPProtocol
package import Logging
private import ServiceLifecycle

/// Runs a node while `body` runs, then stops it.
///
/// Port 0 in the configuration lets the system choose; the node that `body` gets knows the real ports.
///
/// - Returns: What `body` returned.
/// - Throws: ``NodeError`` if the node can't start or fails; else what `body` throws.
package func withNode<Value: Sendable>(
    _ configuration: NodeConfiguration,
    logger: Logger,
    now: @escaping @Sendable () -> UnixSeconds,
    body: (RunningNode) async throws -> Value
) async throws -> Value {
    let (starts, start) = AsyncStream.makeStream(of: RunningNode.self)
    let node = Node(configuration: configuration, logger: logger, now: now)
    let parts = try await node.open(gracefulShutdownSignals: []) { start.yield($0) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { start.finish() }
            try await parts.run()
        }
        var values: [Value] = []
        for await running in starts.prefix(1) {
            values.append(try await body(running))
        }
        await parts.services.triggerGracefulShutdown()
        try await group.waitForAll()
        guard let value = values.first else { throw CancellationError() }
        return value
    }
}
