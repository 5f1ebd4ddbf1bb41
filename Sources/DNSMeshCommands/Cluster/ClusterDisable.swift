import ArgumentParser

extension ClusterCommand {
    /// `dnsmesh cluster disable`: never touches the network, and leaves the anchors alone.
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable",
            abstract: "Go back to the single endpoint; what was pinned stays."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            let wasEnabled = try file.load().clusterEnabled
            if wasEnabled { _ = try await file.update { $0.clusterEnabled = false } }
            try self.output.write(DisabledCluster(wasEnabled: wasEnabled))
        }
    }
}

private struct DisabledCluster: CommandResult {
    let wasEnabled: Bool

    var text: String {
        self.wasEnabled
            ? "cluster mode disabled — next commands will use the legacy endpoint path."
            : "cluster mode already disabled — state unchanged."
    }

    var json: JSONValue { ["cluster_enabled": false, "changed": .bool(self.wasEnabled)] }
}
