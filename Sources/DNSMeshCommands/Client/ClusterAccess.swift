import DMPNetwork
import DMPProtocol
import DNSTransport

/// How commands reach the cluster that is pinned in the configuration.
struct ClusterAccess: Sendable {
    /// How long a look-up of the manifest may take.
    static let lookupTimeout = Duration.seconds(5)

    let anchor: ClusterAnchor
    let fetch: ClusterManifestFetch
    let cache: DiskManifestCache
    private let settings: ClientSettings
    private let home: ConfigurationHome
    private let context: CommandContext

    /// - Throws: ``CommandFailure`` if no cluster is pinned, or what is pinned can't be read.
    init(settings: ClientSettings, home: ConfigurationHome, context: CommandContext) throws(CommandFailure) {
        let anchor = try ClusterAnchor(pinnedIn: settings.configuration, path: settings.path)
        self.anchor = anchor
        self.fetch = try anchor.fetch
        self.cache = DiskManifestCache(fetch: self.fetch, folder: home.folder, now: context.now)
        (self.settings, self.home, self.context) = (settings, home, context)
    }

    /// Lends the cluster to `body`. The manifest is looked up, or the cached one taken with a warning.
    ///
    /// - Throws: ``CommandFailure`` if there is neither.
    func open<Value: Sendable>(
        through reader: any RecordReader,
        _ body: (ClusterNetwork) async throws -> Value
    ) async throws -> Value {
        do {
            return try await withClusterNetwork(
                self.fetch,
                connections: try self.connections(through: reader),
                cache: self.cache,
                refreshing: self.refreshing,
                clock: self.context.clock,
                now: self.context.now
            ) { network in
                self.describe(await network.refresher.status())
                return try await body(network)
            }
        } catch let failure as RefreshFailure {
            throw CommandFailure.network(
                "cluster manifest fetch failed for \(self.anchor.cluster.zone): \(failure.explanation(self)); "
                    + "`dnsmesh cluster disable` goes back to the single endpoint"
            )
        }
    }

    /// How the nodes are reached, and with which token: `cluster_node_token`, else `http_token`, else the one saved for
    /// the host.
    func connections(through reader: any RecordReader) throws(CommandFailure) -> NodeConnections.Settings {
        var connections = NodeConnections.Settings(
            bootstrapReader: reader,
            hosts: try self.settings.hostLookup(clock: self.context.clock)
        )
        let (configuration, tokens, now) = (self.settings.configuration, self.home.tokensFolder, self.context.now)
        connections.token = { (endpoint) throws(NetworkFailure) in
            let own = [configuration.clusterNodeToken, configuration.httpToken ?? ""].first { !$0.isEmpty }
            let text = own ?? SavedToken.text(forHost: endpoint.host, in: tokens, now: now())
            return try text.map { (text) throws(NetworkFailure) in try BearerToken(text) }
        }
        return connections
    }

    private var refreshing: ManifestRefresher.Settings {
        var refreshing = ManifestRefresher.Settings()
        let seconds = self.settings.configuration.clusterRefreshInterval
        refreshing.policy = RefreshPolicy(interval: seconds > 0 ? .seconds(seconds) : nil)
        refreshing.timeout = Self.lookupTimeout
        let console = self.context.console
        refreshing.observe = { outcome in
            switch outcome {
            case .installed(let sequence): console.message("the cluster's manifest is at seq \(sequence) now")
            case .unchanged, .failed(.closed): break
            case .failed(let failure): console.message("warning: the manifest in use stays, as \(failure)")
            }
        }
        return refreshing
    }

    /// Says how the start deviated from a plain look-up.
    private func describe(_ status: ManifestRefresher.Status) {
        let console = self.context.console
        if let failure = status.lastFailure {
            let sequence = status.manifest.body.sequence
            console.message("warning: using the manifest kept from before (seq \(sequence)), as \(failure)")
        }
        if let failure = status.cacheFailure {
            console.message("warning: the cluster's manifest can't be kept for later: \(failure)")
        }
    }
}

extension ClientSettings {
    /// Asks the servers that records are read through, and then those of the machine.
    func hostLookup(clock: ErasedClock) throws(CommandFailure) -> HostLookup {
        let own = try self.upstreams()
        var groups = [own]
        // A machine that names no server is no reason to stop: most manifests hold addresses.
        do { groups.append(try UpstreamAddress.system().filter { !own.contains($0) }) } catch {}
        return HostLookup(groups, clock: clock)
    }
}

extension RefreshFailure {
    /// The reason, and what a user can do about it.
    func explanation(_ access: ClusterAccess) -> String {
        switch self {
        case .noManifest(let refusal): "\(refusal); \(refusal.advice(about: "the cluster's operator"))"
        case .lowerSequence:
            "\(self); if the operator says that it starts anew, remove \(access.cache.path)"
        case .unusableNode: "\(self); ask the cluster's operator to correct the manifest"
        case .closed: "\(self)"
        }
    }
}

extension PinnedRecordRefusal {
    /// The next step, where `issuer` is whoever signs the record.
    func advice(about issuer: String) -> String {
        switch self {
        case .unreachable: "check the connection, and the DNS servers with `dnsmesh resolvers discover`"
        case .absent: "check the domain, or ask \(issuer) to publish it"
        case .otherSigner: "compare the pinned key with \(issuer)"
        case .otherName, .malformed, .tooFarAhead: "ask \(issuer) to sign it anew"
        case .expired: "ask \(issuer) to renew it, and check the clock of this machine"
        }
    }
}
