import DMPCrypto
import DMPNetwork
import DMPProtocol

/// An address whose cluster is looked for: something, `@`, and a domain.
struct SoughtAddress: Hashable {
    let user: String
    /// Without trailing dots.
    let host: String

    init(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0).trimmingSpaces
        }
        let host = String(parts.last?.reversed().drop { $0 == "." }.reversed() ?? [])
        guard parts.count == 2, !parts[0].isEmpty, !host.isEmpty else {
            throw .user("\(text) is no address; write it as user@host")
        }
        (self.user, self.host) = (parts[0], host)
        // A host that is no domain is told apart from one without a signer.
        do { _ = try RecordDomain(host) } catch { throw .user("invalid host in \(text): \(error)") }
    }

    var shown: String { TerminalText.line("\(self.user)@\(self.host)") }
}

/// What `bootstrap discover` found, and how to go on from there.
struct DiscoveredCluster: CommandResult {
    let address: SoughtAddress
    let findings: BootstrapFindings

    private var record: BootstrapRecord { self.findings.record.body }
    /// The cluster to use; without any, the one that should have been.
    private var entry: BootstrapEntry? { self.findings.cluster?.entry ?? self.record.entries.first }

    var text: String {
        var lines = [
            "address:     \(self.address.shown)",
            "user_domain: \(self.address.host)  (seq=\(self.record.sequence), exp=\(self.record.expires.rawValue))",
        ]
        if self.findings.cluster == nil {
            lines.append("WARNING: no cluster of this domain can be used now; shown is the one to try first")
        }
        guard let entry else { return lines.joined(separator: "\n") }
        let (key, base) = (entry.operatorKey.hex, entry.clusterDomain.text)
        return
            (lines + [
                "best entry: priority=\(entry.priority)", "  cluster_base_domain: \(base)",
                "  operator_spk:        \(key)", "", "to pin this cluster manually, run:",
                "  dnsmesh cluster pin \(key) \(base)", "  dnsmesh cluster fetch  # verify manifest",
                "  dnsmesh cluster enable # activate cluster mode", "",
                "or re-run with --auto-pin to do all of the above atomically.",
            ]).joined(separator: "\n")
    }

    var json: JSONValue {
        [
            "address": .text("\(self.address.user)@\(self.address.host)"), "user_domain": .text(self.address.host),
            "seq": .number(Int64(clamping: self.record.sequence)),
            "exp": .number(Int64(clamping: self.record.expires.rawValue)),
            "usable": .bool(self.findings.cluster != nil), "entry": self.entry?.json ?? .null,
            "skipped": .array(
                self.findings.refusals.map { refusal in
                    ["entry": refusal.entry.json, "reason": .text("\(refusal.failure)")]
                }
            ),
        ]
    }
}

/// What `bootstrap discover --auto-pin` has written.
struct PinnedDiscovery: CommandResult {
    let address: SoughtAddress
    let findings: BootstrapFindings
    let cluster: BootstrapFindings.Cluster
    let configuration: Configuration

    private var manifest: ClusterManifest { self.cluster.manifest.body }

    var text: String {
        """
        address:     \(self.address.shown)
        user_domain: \(self.address.host)  (seq=\(self.findings.record.body.sequence))
        cluster:     \(self.manifest.name)  (seq=\(self.manifest.sequence), nodes=\(self.manifest.nodes.count))

        wrote config:
          bootstrap_user_domain = \(self.configuration.bootstrapUserDomain)
          bootstrap_signer_spk  = \(self.configuration.bootstrapSignerKey)
          cluster_base_domain   = \(self.configuration.clusterBaseDomain)
          cluster_operator_spk  = \(self.configuration.clusterOperatorKey)
          cluster_enabled       = True
        """
    }

    var json: JSONValue {
        [
            "address": .text("\(self.address.user)@\(self.address.host)"), "user_domain": .text(self.address.host),
            "seq": .number(Int64(clamping: self.findings.record.body.sequence)),
            "cluster": [
                "name": .text(self.manifest.name.text), "seq": .number(Int64(clamping: self.manifest.sequence)),
                "nodes": .number(Int64(self.manifest.nodes.count)),
            ],
            "config": [
                "bootstrap_user_domain": .text(self.configuration.bootstrapUserDomain),
                "bootstrap_signer_spk": .text(self.configuration.bootstrapSignerKey),
                "cluster_base_domain": .text(self.configuration.clusterBaseDomain),
                "cluster_operator_spk": .text(self.configuration.clusterOperatorKey), "cluster_enabled": true,
            ],
        ]
    }
}
