import DMPNetwork
import DMPProtocol
import DNSTransport

/// Looks up the manifest of the pinned cluster for commands that are about it, without using the cluster.
struct ManifestLookup: Sendable {
    let access: ClusterAccess
    let context: CommandContext

    /// Opens the configuration, and lends a look-up to `body`.
    ///
    /// - Throws: ``CommandFailure`` if there is no configuration or no cluster is pinned; what `body` throws.
    static func open<Value>(
        _ options: ClientOptions,
        _ body: (ManifestLookup, any RecordReader, Configuration) async throws -> Value
    ) async throws -> Value {
        let (file, context) = (options.configurationFile, CommandContext.current)
        let configuration = try file.load()
        let settings = ClientSettings(configuration: configuration, path: file.path)
        let access = try ClusterAccess(settings: settings, home: file.home, context: context)
        return try await settings.withResolvers { reader in
            try await body(ManifestLookup(access: access, context: context), reader, configuration)
        }
    }

    /// The newest published manifest, unless a newer one was seen before.
    func run(
        through reader: any RecordReader
    ) async throws(CancellationError) -> Result<Signed<ClusterManifest>, RefreshFailure> {
        let deadline = self.context.clock.now.advanced(by: ClusterAccess.lookupTimeout)
        let now = self.context.now
        switch try await self.access.fetch.fetch(through: reader, deadline: deadline, now: now) {
        case .failure(let refusal): return .failure(.noManifest(refusal))
        case .success(let manifest):
            let known = await self.kept?.highestSequence ?? 0
            let offered = manifest.body.sequence
            return offered < known ? .failure(.lowerSequence(offered: offered, known: known)) : .success(manifest)
        }
    }

    /// What was kept of earlier manifests. A file that can't be read gets a warning.
    var kept: CachedManifest? {
        get async {
            do throws(ManifestCacheFailure) {
                return try await self.access.cache.load()
            } catch {
                self.context.console.message("warning: what was known of the cluster is lost: \(error)")
                return nil
            }
        }
    }

    /// Keeps a manifest for times in which it can't be looked up.
    func keep(_ manifest: Signed<ClusterManifest>) async {
        let content = CachedManifest(
            cluster: self.access.fetch.cluster.zone,
            operatorKey: self.access.fetch.operatorKey,
            highestSequence: manifest.body.sequence,
            value: manifest.value
        )
        do throws(ManifestCacheFailure) {
            try await self.access.cache.store(content)
        } catch {
            self.context.console.message("warning: the cluster's manifest can't be kept for later: \(error)")
        }
    }

    /// What a look-up without a manifest means to the user of `fetch` and `status`.
    func failure(_ failure: RefreshFailure) -> CommandFailure {
        .network("no verifying cluster manifest at \(self.access.fetch.owner): \(failure.explanation(self.access))")
    }
}
