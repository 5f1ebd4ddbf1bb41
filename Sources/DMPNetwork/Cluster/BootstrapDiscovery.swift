public import DMPCrypto
public import DMPProtocol
public import DNSTransport

/// Finds the cluster that serves the users of a domain, by two signatures: the domain's bootstrap record, under the
/// pinned signer, names clusters and their operators; the manifest of a cluster counts under its operator's key.
///
/// Source: protocol documents, "The network layer", section 7.4.
public struct BootstrapDiscovery: Hashable, Sendable {
    /// The domain of the users' addresses, which the record must bear.
    public let domain: RecordDomain
    /// The key that must have signed the record.
    public let signer: Ed25519.PublicKey
    /// Where the record stands: `_dmp.domain`.
    public let owner: OwnerName

    /// - Throws: `NameError` for a domain that is too long to stand behind `_dmp.`.
    public init(_ domain: RecordDomain, signer: Ed25519.PublicKey) throws(NameError) {
        self.domain = domain
        self.signer = signer
        self.owner = try .bootstrap(domain.zone)
    }

    /// Reads the name, where an absence decides, and takes the highest sequence of all values that verify.
    ///
    /// - Parameters:
    ///   - reader: What reads names outside the clusters.
    ///   - deadline: When to give up.
    ///   - now: The wall clock; asked after the answer has come.
    /// - Returns: The record, or why none can be trusted.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    public func fetch(
        through reader: any RecordReader,
        deadline: ErasedClock.Instant,
        now: @Sendable () -> UnixSeconds
    ) async throws(CancellationError) -> Result<Signed<BootstrapRecord>, PinnedRecordRefusal> {
        try await Signed.fetchNewest(
            at: self.owner,
            through: reader,
            pinned: self.signer,
            name: self.domain.zone,
            deadline: deadline,
            now: now
        )
    }

    /// Fetches the record and takes the first of its clusters, in the order of their priority, whose manifest verifies
    /// and whose nodes can all be used.
    ///
    /// Each cluster gets its share of the time that is left, so that one that hangs leaves time for the others.
    ///
    /// - Parameters:
    ///   - reader: What reads names outside the clusters.
    ///   - factory: Makes the readers and writers of a cluster's nodes.
    ///   - deadline: When to give up, an instant of `clock`.
    ///   - clock: Tells how much time is left.
    ///   - now: The wall clock; asked after each answer.
    /// - Returns: The reason if no record can be trusted.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    public func discover(
        through reader: any RecordReader,
        factory: ClusterNodeFactory,
        deadline: ErasedClock.Instant,
        clock: ErasedClock = .continuous,
        now: @Sendable () -> UnixSeconds
    ) async throws(CancellationError) -> Result<BootstrapFindings, PinnedRecordRefusal> {
        let record: Signed<BootstrapRecord>
        switch try await self.fetch(through: reader, deadline: deadline, now: now) {
        case .success(let newest): record = newest
        case .failure(let refusal): return .failure(refusal)
        }
        let entries = record.body.entries
        var refusals: [BootstrapFindings.Refusal] = []
        for (index, entry) in entries.enumerated() {
            let start = clock.now
            let share = max(start.duration(to: deadline), .zero) / (entries.count - index)
            let result = try await Self.check(
                entry,
                through: reader,
                factory: factory,
                deadline: start.advanced(by: share),
                now: now
            )
            switch result {
            case .success(let cluster):
                return .success(BootstrapFindings(record: record, cluster: cluster, refusals: refusals))
            case .failure(let failure): refusals.append(.init(entry: entry, failure: failure))
            }
        }
        return .success(BootstrapFindings(record: record, cluster: nil, refusals: refusals))
    }

    private static func check(
        _ entry: BootstrapEntry,
        through reader: any RecordReader,
        factory: ClusterNodeFactory,
        deadline: ErasedClock.Instant,
        now: @Sendable () -> UnixSeconds
    ) async throws(CancellationError) -> Result<BootstrapFindings.Cluster, RefreshFailure> {
        let fetch: ClusterManifestFetch
        do throws(NameError) {
            fetch = try ClusterManifestFetch(entry.clusterDomain, operatorKey: entry.operatorKey)
        } catch {
            return .failure(.noManifest(.malformed(.body(.clusterDomain))))
        }
        switch try await fetch.fetch(through: reader, deadline: deadline, now: now) {
        case .failure(let refusal): return .failure(.noManifest(refusal))
        case .success(let manifest):
            do throws(RefreshFailure) {
                let nodes = try factory.nodes(of: manifest.body)
                return .success(.init(entry: entry, manifest: manifest, nodes: nodes))
            } catch {
                return .failure(error)
            }
        }
    }
}

/// What ``BootstrapDiscovery/discover(through:factory:deadline:clock:now:)`` found under a record that verifies.
public struct BootstrapFindings: Sendable {
    /// A cluster that can be used, proved by both signatures.
    public struct Cluster: Sendable {
        /// The entry of the bootstrap record that names the cluster.
        public let entry: BootstrapEntry
        /// The cluster's manifest, verified under the operator's key of ``entry``.
        public let manifest: Signed<ClusterManifest>
        /// The nodes with their readers and writers, in the order of the manifest.
        public let nodes: [ClusterNode]
    }

    /// A cluster that can't be used, and why.
    public struct Refusal: Hashable, Sendable {
        /// The entry of the bootstrap record that names the cluster.
        public let entry: BootstrapEntry
        /// Why its manifest can't be used.
        public let failure: RefreshFailure
    }

    /// The newest record of the domain, verified under the pinned signer's key.
    public let record: Signed<BootstrapRecord>
    /// `nil` if none of the clusters can be used.
    public let cluster: Cluster?
    /// The clusters that were tried before it, in that order.
    public let refusals: [Refusal]
}
