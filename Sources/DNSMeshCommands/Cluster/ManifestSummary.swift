import DMPProtocol

/// A verified manifest, as `cluster fetch` and `cluster enable` print it.
struct ManifestSummary: CommandResult {
    let manifest: ClusterManifest
    /// Whether each node gets a line.
    var showsNodes = true
    /// Where the manifest was saved.
    var savedPath: String?
    /// What became of cluster mode, if that is what the command is about.
    var mode: Mode?

    struct Mode: Hashable {
        let wasEnabled: Bool
    }

    var text: String {
        var lines = [
            "cluster: \(self.manifest.name)", "  seq:   \(self.manifest.sequence)",
            "  exp:   \(self.manifest.expires.rawValue)", "  nodes: \(self.manifest.nodes.count)",
        ]
        if self.showsNodes { lines += self.manifest.nodes.map { "    \($0.summary)" } }
        if let savedPath { lines.append("saved signed manifest wire to \(TerminalText.line(savedPath))") }
        if let mode {
            lines.append(
                mode.wasEnabled
                    ? "cluster mode already enabled — manifest verified, state unchanged." : "cluster mode enabled."
            )
        }
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init(key: "cluster", value: .text(self.manifest.name.text)),
            .init(key: "seq", value: .number(Int64(clamping: self.manifest.sequence))),
            .init(key: "exp", value: .number(Int64(clamping: self.manifest.expires.rawValue))),
            .init(key: "nodes", value: .array(self.manifest.nodes.map(\.json))),
        ]
        if let mode {
            members.append(.init(key: "cluster_enabled", value: true))
            members.append(.init(key: "changed", value: .bool(!mode.wasEnabled)))
        } else {
            members.append(.init(key: "saved", value: .optional(self.savedPath)))
        }
        return .object(members)
    }
}

extension DMPProtocol.ClusterNode {
    /// Its id and both endpoints, which are free text of the operator.
    fileprivate var summary: String {
        let dns = self.dnsEndpoint.map(TerminalText.line) ?? "(via bootstrap reader)"
        return "\(TerminalText.line(self.id))  http=\(TerminalText.line(self.httpEndpoint))  dns=\(dns)"
    }

    fileprivate var json: JSONValue {
        [
            "node_id": .text(self.id), "http": .text(self.httpEndpoint), "dns": .optional(self.dnsEndpoint),
        ]
    }
}
