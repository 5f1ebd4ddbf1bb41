import ArgumentParser
import DMPNetwork
import DMPProtocol
import DNSMesh
import Foundation

extension ClusterCommand {
    /// `dnsmesh cluster fetch`: changes nothing without `--save`, and works whether cluster mode is on or off.
    struct Fetch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fetch",
            abstract: "Look up the cluster's manifest, verify it, and show it.",
            discussion: "With --save it is kept for times in which it can't be looked up."
        )

        @Flag(help: "Write the signed manifest to cluster_manifest.wire, beside the config.")
        var save = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let console = CommandContext.current.console
            let home = self.clientOptions.home
            let summary = try await ManifestLookup.open(self.clientOptions) { lookup, reader, _ in
                let manifest: Signed<ClusterManifest>
                switch try await lookup.run(through: reader) {
                case .success(let newest): manifest = newest
                case .failure(let failure): throw lookup.failure(failure)
                }
                try await withNodeConnections(try lookup.access.connections(through: reader)) { connections in
                    do throws(RefreshFailure) {
                        _ = try connections.factory.nodes(of: manifest.body)
                    } catch {
                        console.message("warning: this manifest can't be used: \(error.explanation(lookup.access))")
                    }
                }
                let saved = self.save ? try await Self.save(manifest, in: home, lookup) : nil
                return ManifestSummary(manifest: manifest.body, savedPath: saved)
            }
            try self.output.write(summary)
        }

        /// - Returns: Where it is.
        private static func save(
            _ manifest: Signed<ClusterManifest>,
            in home: ConfigurationHome,
            _ lookup: ManifestLookup
        ) async throws -> String {
            let url = DiskManifestCache.wireFile(in: home.folder)
            do {
                try await BlockingWork.run { try PrivateFile.replace(url, with: Array(manifest.value.bytes)) }
            } catch {
                throw CommandFailure.user("can't write \(url.path): \(FileReason.of(error))")
            }
            await lookup.keep(manifest)
            return url.path
        }
    }
}
