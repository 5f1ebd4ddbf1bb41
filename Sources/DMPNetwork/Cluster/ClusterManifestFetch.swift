public import DMPCrypto
public import DMPProtocol
public import DNSTransport

/// Finds the newest manifest of a cluster that its pinned operator has signed.
///
/// Source: protocol documents, "The network layer", section 7.1.
public struct ClusterManifestFetch: Hashable, Sendable {
    /// The name of the cluster, which the manifest must bear.
    public let cluster: RecordDomain
    /// The key that must have signed it.
    public let operatorKey: Ed25519.PublicKey
    /// Where the manifest stands: `cluster.name`.
    public let owner: OwnerName

    /// - Throws: `NameError` for a name that is too long to stand behind `cluster.`.
    public init(_ cluster: RecordDomain, operatorKey: Ed25519.PublicKey) throws(NameError) {
        self.cluster = cluster
        self.operatorKey = operatorKey
        self.owner = try .cluster(cluster.zone)
    }

    /// Reads the name, where an absence decides, and takes the highest sequence of all values that verify.
    ///
    /// - Parameters:
    ///   - reader: What reads names outside the cluster.
    ///   - deadline: When to give up.
    ///   - now: The wall clock; asked after the answer has come.
    /// - Returns: The manifest, or why none can be trusted.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    public func fetch(
        through reader: any RecordReader,
        deadline: ErasedClock.Instant,
        now: @Sendable () -> UnixSeconds
    ) async throws(CancellationError) -> Result<Signed<ClusterManifest>, PinnedRecordRefusal> {
        try await Signed.fetchNewest(
            at: self.owner,
            through: reader,
            pinned: self.operatorKey,
            name: self.cluster.zone,
            deadline: deadline,
            now: now
        )
    }

    /// Verifies a manifest that was kept, as if it had just been read.
    public func verify(_ value: TXTValue, now: UnixSeconds) -> Result<Signed<ClusterManifest>, PinnedRecordRefusal> {
        Signed.newest(of: [value], pinned: self.operatorKey, name: self.cluster.zone, now: now)
    }
}
