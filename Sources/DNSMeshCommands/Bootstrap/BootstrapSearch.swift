import DMPNetwork
import DMPProtocol
import DNSTransport

/// The way from the host of an address to a cluster that can be used.
struct BootstrapSearch: Sendable {
    /// How long it may take in all; each cluster gets its share.
    private static let timeout = Duration.seconds(15)

    let anchor: BootstrapAnchor
    let settings: ClientSettings
    let home: ConfigurationHome
    let context: CommandContext

    /// Looks for the cluster, and lends what was found to `body`. The connections to its nodes last as long.
    ///
    /// - Throws: ``CommandFailure`` if there is no record that verifies; what `body` throws.
    func run<Value>(_ body: (BootstrapFindings) async throws -> Value) async throws -> Value {
        let discovery = try self.anchor.discovery
        return try await self.settings.withResolvers { reader in
            var connections = NodeConnections.Settings(
                bootstrapReader: reader,
                hosts: try self.settings.hostLookup(clock: self.context.clock)
            )
            // Tokens were given out by other operators.
            connections.token = { _ in nil }
            return try await withNodeConnections(connections, clock: self.context.clock) { connections in
                let findings = try await discovery.discover(
                    through: reader,
                    factory: connections.factory,
                    deadline: self.context.clock.now.advanced(by: Self.timeout),
                    clock: self.context.clock,
                    now: self.context.now
                )
                switch findings {
                case .success(let findings):
                    self.describe(findings.refusals)
                    return try await body(findings)
                case .failure(let refusal): throw self.anchor.failure(refusal)
                }
            }
        }
    }

    /// Names the clusters that were passed over.
    private func describe(_ refusals: [BootstrapFindings.Refusal]) {
        for refusal in refusals {
            let entry = refusal.entry
            self.context.console.message(
                "skipped cluster \(entry.clusterDomain) (priority \(entry.priority)): \(refusal.failure)"
            )
        }
    }
}
