public import DNSTransport

/// Lends a pool over the DNS servers at `addresses` to `body`, and closes its sockets afterwards.
///
/// Each entry is asked at its own port. An address that stands there twice is one source of absences. With
/// `dnssecRequired`, an upstream whose answer isn't validated (AD) has failed, and one negative proves an absence.
///
/// - Throws: ``NetworkFailure`` as ``ResolverPool/init(_:settings:clock:)``; what `body` throws.
public func withResolverPool<Value>(
    addresses: [UpstreamAddress],
    dnssecRequired: Bool = false,
    settings: ResolverPool.Settings = .init(),
    clock: ErasedClock = .continuous,
    _ body: (ResolverPool) async throws -> Value
) async throws -> Value {
    var configuration = DNSClientConfiguration()
    configuration.dnssecOK = dnssecRequired
    var settings = settings
    if dnssecRequired { settings.negativesAreProof = true }
    let clients = addresses.map { DNSClient($0, configuration: configuration, clock: clock) }
    let upstreams = clients.map { client in
        ResolverPool.Upstream(
            address: "\(client.upstream)",
            reader: UpstreamReader(client, width: settings.width)
        )
    }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        for client in clients { group.addTask { await client.run() } }
        defer { group.cancelAll() }
        return try await withResolverPool(upstreams, settings: settings, clock: clock, body)
    }
}
