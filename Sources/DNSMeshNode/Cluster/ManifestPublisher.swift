internal import DMPCrypto
internal import DMPProtocol
internal import DNSTransport
internal import Logging
internal import ServiceLifecycle

/// Keeps the manifest in the operator's file published for as long as it counts.
///
/// The file is read again at each interval: a new manifest takes the place of the one before without a restart. One that
/// clients would not accept is not published, and what was published before stays.
///
/// Source: protocol documents, "The DMP node", section 6.6.
struct ManifestPublisher: Service {
    let file: ManifestFile
    /// Whether the operator has named the file.
    let isExpected: Bool
    /// The key that must have signed the manifest; `nil` for the one that it names itself.
    let operatorKey: Ed25519.PublicKey?
    /// The name that the manifest must have; `nil` for any.
    let cluster: ZoneName?
    let store: RecordStore
    let interval: Duration
    let clock: ErasedClock
    let now: @Sendable () -> UnixSeconds
    let logger: Logger
    /// What was found before this service began.
    var start: ManifestState?

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                var state = self.start
                while true {
                    try await self.clock.sleep(until: self.clock.now.advanced(by: self.interval))
                    state = try await self.check(after: state)
                }
            }
        } catch is CancellationError {
            // the way it ends
        }
    }

    /// Reads the file, and publishes what it holds unless that is published already.
    ///
    /// - Returns: How things stand, which is logged if it differs from `last`.
    func check(after last: ManifestState?) async throws(CancellationError) -> ManifestState {
        let state: ManifestState
        switch await self.file.read() {
        case .missing: state = .missing
        case .refused(let reason): state = .refused(reason)
        case .value(let value): state = try await self.publish(value)
        }
        if state != last { state.log(path: self.file.path, isExpected: self.isExpected, to: self.logger) }
        return state
    }

    private func publish(_ value: TXTValue) async throws(CancellationError) -> ManifestState {
        let now = self.now()
        let manifest: Signed<ClusterManifest>
        do throws(WireError) {
            manifest = try self.verified(value, now: now)
        } catch {
            return .refused(Self.reason(error))
        }
        do {
            return try await self.store(manifest, now: now)
        } catch let error as CancellationError {
            throw error
        } catch {
            return .unstored("\(error)")
        }
    }

    private func verified(_ value: TXTValue, now: UnixSeconds) throws(WireError) -> Signed<ClusterManifest> {
        if let operatorKey {
            return try Signed(parsing: value, now: now, signer: operatorKey, name: self.cluster)
        }
        return try Signed(selfVerifying: value, now: now, name: self.cluster)
    }

    /// Publishes the manifest and withdraws older ones of the same key, unless a newer one is there.
    private func store(_ manifest: Signed<ClusterManifest>, now: UnixSeconds) async throws -> ManifestState {
        guard let owner = RecordName("cluster.\(manifest.body.name.zone)") else {
            return .refused("names a cluster whose name is too long")
        }
        let present = try await self.store.values(at: owner, now: now).map { TXTValue($0.text) }
        let known = present.compactMap { self.sibling($0, of: manifest, now: now) }
        let newest = known.map(\.body.sequence).max() ?? 0
        guard newest <= manifest.body.sequence else {
            return .superseded(sequence: manifest.body.sequence, by: newest)
        }
        if !present.contains(manifest.value) {
            let lifetime = UInt32(clamping: min(now.seconds(until: manifest.body.expires), UInt64(Int32.max)))
            let outcome = try await self.store.publish(
                manifest.value.text,
                at: owner,
                lifetime: max(1, lifetime),
                now: now
            )
            guard outcome == .stored else { return .unstored("\(owner) holds as many values as it may") }
        }
        for older in known where older.body.sequence < manifest.body.sequence {
            _ = try await self.store.delete(older.value.text, at: owner)
        }
        return .published(manifest, now: now)
    }

    /// A manifest of the same cluster and key; `nil` for anything else that somebody has put there.
    private func sibling(
        _ value: TXTValue,
        of manifest: Signed<ClusterManifest>,
        now: UnixSeconds
    ) -> Signed<ClusterManifest>? {
        let (key, name) = (manifest.body.operatorKey, manifest.body.name.zone)
        do throws(WireError) {
            return try Signed(parsing: value, now: now, signer: key, name: name)
        } catch {
            return nil
        }
    }

    /// In words that follow the name of the file.
    private static func reason(_ error: WireError) -> String {
        switch error {
        case .notThisKind: "holds no cluster manifest"
        case .expired: "holds a manifest that has expired"
        case .tooFarAhead: "holds a manifest that expires more than five years ahead"
        case .signature, .signerMismatch: "holds a manifest that the operator's key has not signed"
        case .nameMismatch: "holds the manifest of another cluster than DMP_CLUSTER_BASE_DOMAIN names"
        default: "holds a damaged manifest (\(error))"
        }
    }
}
