public import DMPProtocol
package import DNSTransport
internal import DNSWire
public import Logging
public import ServiceLifecycle
public import UnixSignals

/// A node: stores records that come over HTTP, and serves them over DNS.
///
/// The order of starting is that of this file: record database, the cluster's manifest, DNS sockets, HTTP socket,
/// cleaning up. It stops in the reverse order, and answers what it has begun.
public struct Node: Service {
    private let configuration: NodeConfiguration
    private let logger: Logger
    private let now: @Sendable () -> UnixSeconds
    private let clock: ErasedClock

    /// A node of these settings; `now` tells the time of day.
    public init(configuration: NodeConfiguration, logger: Logger, now: @escaping @Sendable () -> UnixSeconds) {
        self.init(configuration: configuration, logger: logger, now: now, clock: .continuous)
    }

    package init(
        configuration: NodeConfiguration,
        logger: Logger,
        now: @escaping @Sendable () -> UnixSeconds,
        clock: ErasedClock
    ) {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        self.clock = clock
    }

    /// Runs the node until it is told to shut down gracefully, or cancelled.
    ///
    /// - Throws: ``NodeError``.
    public func run() async throws {
        try await self.run(gracefulShutdownSignals: [])
    }

    /// Runs the node until one of the signals comes, it is told to shut down gracefully, or cancelled.
    ///
    /// - Throws: ``NodeError``.
    public func run(gracefulShutdownSignals: [UnixSignal]) async throws {
        let parts = try await self.open(gracefulShutdownSignals: gracefulShutdownSignals) { _ in }
        try await parts.run()
    }

    /// Opens the database and the DNS sockets.
    ///
    /// Calls `whenUp` once the HTTP socket is open too, when nothing can fail any more.
    ///
    /// - Returns: What is to be run.
    /// - Throws: ``NodeError``.
    func open(
        gracefulShutdownSignals: [UnixSignal],
        whenUp: @escaping @Sendable (RunningNode) async -> Void
    ) async throws(NodeError) -> NodeParts {
        do throws(NodeConfigurationError) {
            try self.configuration.checkOpenBind()
        } catch {
            throw NodeError(.configuration, error.description, underlying: error)
        }
        for note in self.configuration.notes { self.logger.warning("\(note)") }
        let store = try await self.openStore()
        let publishers = try await self.publishManifest(to: store)
        let metrics = NodeMetrics()
        let updating = try await self.updating(of: store)
        let dns = try await self.bindDNS(store: store, metrics: metrics, updates: updating?.responder)
        guard let dnsAddress = UpstreamAddress(host: dns.host, port: dns.port) else {
            throw NodeError(.dns, "DNS got no port")
        }
        let api = NodeAPI(
            store: store,
            access: HTTPAccess(
                writeAccess: self.configuration.writeAccess,
                operatorToken: self.configuration.operatorToken
            ),
            limits: self.configuration.recordLimits,
            limiter: SourceLimiter(self.configuration.httpLimit, clock: self.clock),
            retryAfter: self.configuration.httpLimit.secondsPerToken,
            metrics: metrics,
            now: self.now,
            logger: self.logger
        )
        let http = HTTPService(
            server: NodeHTTPServer(api, configuration: self.configuration),
            place: "\(self.configuration.httpHost) port \(self.configuration.httpPort)"
        ) { [logger, configuration] port in
            let node = RunningNode(dnsAddress: dnsAddress, httpHost: configuration.httpHost, httpPort: port)
            logger.info("node up dns=\(node.dnsAddress) http=\(node.httpEndpoint)")
            await whenUp(node)
        }
        let cleanup = CleanupWorker(
            store: store,
            interval: self.configuration.cleanupInterval,
            clock: self.clock,
            now: self.now,
            logger: self.logger
        )
        var services = ServiceGroupConfiguration(
            services: [DNSService(server: dns), http, cleanup] + publishers
                + (updating.map { [$0.reader] } ?? []),
            gracefulShutdownSignals: gracefulShutdownSignals,
            logger: self.quietLogger
        )
        services.maximumGracefulShutdownDuration = NodeParts.stopTime
        return NodeParts(services: ServiceGroup(configuration: services), store: store, logger: self.logger)
    }

    private func openStore() async throws(NodeError) -> RecordStore {
        do throws(RecordStoreError) {
            return try await RecordStore.open(
                at: self.configuration.databasePath,
                limits: self.configuration.recordLimits
            )
        } catch {
            throw NodeError(.store, error.description, underlying: error)
        }
    }

    /// Publishes the manifest of the cluster before anybody can ask for it.
    ///
    /// - Returns: What is to be run to keep it published; none if there is no file for it.
    private func publishManifest(to store: RecordStore) async throws(NodeError) -> [ManifestPublisher] {
        guard let path = self.configuration.clusterFile else { return [] }
        var publisher = ManifestPublisher(
            file: ManifestFile(path: path),
            isExpected: path != NodeConfiguration.usualClusterFile,
            operatorKey: self.configuration.clusterOperatorKey,
            cluster: self.configuration.clusterName,
            store: store,
            interval: self.configuration.clusterFileInterval,
            clock: self.clock,
            now: self.now,
            logger: self.logger
        )
        do throws(CancellationError) {
            publisher.start = try await publisher.check(after: nil)
        } catch {
            throw NodeError(.store, "the start was cancelled", underlying: error)
        }
        return [publisher]
    }

    private func bindDNS(
        store: RecordStore,
        metrics: NodeMetrics,
        updates: UpdateResponder?
    ) async throws(NodeError) -> DNSServer {
        let responder = NodeResponder(
            store: store,
            zone: self.configuration.zoneRecords,
            refusesForeignNames: self.configuration.writeAccess != .open,
            timeToLive: self.configuration.dnsTTL,
            udpLimiter: SourceLimiter(self.configuration.dnsLimit, clock: self.clock),
            tcpLimiter: SourceLimiter(self.configuration.dnsLimit, clock: self.clock),
            metrics: metrics,
            now: self.now,
            logger: self.logger,
            updates: updates
        )
        do {
            return try await DNSServer.bind(
                self.configuration.dnsServer,
                responder: responder,
                clock: self.clock,
                logger: self.quietLogger
            )
        } catch {
            let place = "\(self.configuration.dnsHost) port \(self.configuration.dnsPort)"
            throw NodeError(
                .dns,
                "DNS can't be served at \(place): \(SystemReason.of(error))",
                underlying: error
            )
        }
    }

    /// Reads the keys of those who may update the zone.
    ///
    /// - Returns: What answers them, and what is to be run to keep the keys up to date; `nil` if nobody may.
    private func updating(
        of store: RecordStore
    ) async throws(NodeError) -> (responder: UpdateResponder, reader: UpdateKeyReader)? {
        let (configuration, now) = (self.configuration, self.now)
        guard let zone = configuration.zoneRecords else {
            guard configuration.updateKeyFile == nil, configuration.updateKeyStore == nil else {
                throw NodeError(.configuration, "updates by DNS need a zone: set DMP_SERVED_ZONE")
            }
            return nil
        }
        let source: (any UpdateKeySource)? =
            configuration.updateKeyFile.map { UpdateKeyFile(path: $0, zone: zone.name) }
            ?? configuration.updateKeyStore.map { UpdateKeyStore(path: $0, now: now) }
        guard let source else { return nil }
        do throws(UpdateKeyFileError) {
            let keys = UpdateKeys(try await source.read())
            let responder = UpdateResponder(
                keys: keys,
                rules: UpdateRules(zone: zone, limits: self.configuration.recordLimits),
                store: store,
                replays: UpdateReplays(),
                now: self.now,
                logger: self.logger
            )
            let reader = UpdateKeyReader(
                source: source,
                keys: keys,
                interval: self.configuration.updateKeyFileInterval,
                clock: self.clock,
                logger: self.logger
            )
            return (responder, reader)
        } catch {
            throw NodeError(.configuration, error.description, underlying: error)
        }
    }

    /// For the parts beneath, which say little that an operator needs.
    private var quietLogger: Logger {
        var logger = self.logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

extension NodeConfiguration {
    /// The zone with the records at its apex.
    fileprivate var zoneRecords: ServedZone? {
        self.servedZone.map { ServedZone($0, records: self.apex, timeToLive: self.dnsTTL) }
    }

    fileprivate var dnsServer: DNSServerConfiguration {
        var server = DNSServerConfiguration(host: self.dnsHost, port: Int(self.dnsPort))
        server.maximumInFlight = self.dnsMaximumConcurrency
        server.maximumConnections = max(8 * self.dnsMaximumConcurrency, 256)
        // On loopback one source stands for everybody.
        if self.dnsHost.isLoopback { server.maximumConnectionsPerSource = server.maximumConnections }
        return server
    }
}
