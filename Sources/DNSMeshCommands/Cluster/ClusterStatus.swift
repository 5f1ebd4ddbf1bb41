import ArgumentParser
import DMPNetwork
import DMPProtocol
import DNSTransport

extension ClusterCommand {
    /// `dnsmesh cluster status`: asks every node.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Ask every node of the cluster how it is.",
            discussion: """
                Each node is asked over DNS for records that the others have, and over HTTP for its health. Works whether \
                cluster mode is on or off. Exit code 2 if fewer nodes than a quorum take writes, or none can be read.
                """
        )

        /// How long the nodes have to answer.
        private static let timeout = Duration.seconds(3)

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let context = CommandContext.current
            let status = try await ManifestLookup.open(self.clientOptions) { lookup, reader, configuration in
                let manifest = try await Self.manifest(lookup, through: reader)
                let connections = try lookup.access.connections(through: reader)
                return try await withNodeConnections(connections, clock: context.clock) { connections in
                    let probe = ClusterProbe(
                        manifest,
                        factory: connections.factory,
                        witnesses: configuration.publishedNames(in: lookup.access.anchor.cluster.zone)
                    )
                    let reports = try await probe.run(
                        before: context.clock.now.advanced(by: Self.timeout),
                        clock: context.clock,
                        now: context.now()
                    )
                    return ClusterStatus(
                        manifest: manifest.body,
                        isEnabled: configuration.clusterEnabled,
                        reports: reports
                    )
                }
            }
            try self.output.write(status)
            for complaint in status.complaints { context.console.message(complaint) }
            if !status.isUsable { throw ExitCode.networkError }
        }

        /// The published manifest, or the one that other commands would use in its place.
        private static func manifest(
            _ lookup: ManifestLookup,
            through reader: any RecordReader
        ) async throws -> Signed<ClusterManifest> {
            switch try await lookup.run(through: reader) {
            case .success(let manifest): return manifest
            case .failure(let failure):
                guard let value = await lookup.kept?.value,
                    case .success(let manifest) = lookup.access.fetch.verify(value, now: lookup.context.now())
                else { throw lookup.failure(failure) }
                lookup.context.console.message(
                    "warning: showing the manifest kept from before, as \(failure.explanation(lookup.access))"
                )
                return manifest
            }
        }
    }
}

extension Configuration {
    /// What this user may have published in the cluster: a node that lacks what the others have is no good.
    fileprivate func publishedNames(in zone: ZoneName) -> [OwnerName] {
        guard !self.username.isEmpty else { return [] }
        do { return [try OwnerName.hashedIdentity(of: self.username, in: zone)] } catch { return [] }
    }
}

/// The nodes of a cluster, and what came of asking each.
private struct ClusterStatus: CommandResult {
    let manifest: ClusterManifest
    let isEnabled: Bool
    let reports: [ClusterProbe.Report]

    private var quorum: Int { QuorumCount(nodeCount: self.reports.count).quorum }

    /// Whether messages can be sent and received.
    var isUsable: Bool {
        self.reports.count { $0.writeFailure == nil } >= self.quorum && self.reports.contains { $0.readFailure == nil }
    }

    /// One line for each node that isn't well.
    var complaints: [String] {
        self.reports.compactMap { report in
            let reasons = [
                report.readFailure.map { "reading: \($0.message)" },
                report.writeFailure.map { "writing: \($0.message)" },
            ].compactMap(\.self)
            return reasons.isEmpty ? nil : "node \(report.node.id) is not well: \(reasons.joined(separator: "; "))"
        }
    }

    var text: String {
        let name = "\(self.manifest.name) (seq=\(self.manifest.sequence), exp=\(self.manifest.expires.rawValue))"
        return
            (["cluster: \(name)", "cluster_enabled: \(self.isEnabled ? "True" : "False")"]
            + ["fan-out writer snapshot:"] + self.reports.map { Self.row($0.node, $0.writeFailure) }
            + ["union reader snapshot:"] + self.reports.map { Self.row($0.node, $0.readFailure) })
            .joined(separator: "\n")
    }

    private static func row(_ node: DMPProtocol.ClusterNode, _ failure: NetworkFailure?) -> String {
        let error = failure.map { TerminalText.line("\($0)") } ?? "None"
        let endpoint = TerminalText.line(node.httpEndpoint)
        return "  \(TerminalText.line(node.id))  http=\(endpoint)  fails=\(failure == nil ? 0 : 1)  err=\(error)"
    }

    var json: JSONValue {
        [
            "cluster": .text(self.manifest.name.text),
            "seq": .number(Int64(clamping: self.manifest.sequence)),
            "exp": .number(Int64(clamping: self.manifest.expires.rawValue)),
            "cluster_enabled": .bool(self.isEnabled), "usable": .bool(self.isUsable),
            "quorum": .number(Int64(self.quorum)),
            "nodes": .array(
                self.reports.map { report in
                    [
                        "node_id": .text(report.node.id), "http": .text(report.node.httpEndpoint),
                        "dns": .optional(report.node.dnsEndpoint),
                        "write_error": .optional(report.writeFailure?.description),
                        "read_error": .optional(report.readFailure?.description),
                    ]
                }
            ),
        ]
    }
}
