package import DMPProtocol

/// Chooses the manifest with which a ``ManifestRefresher`` starts: the one looked up, else the cached one.
package struct ManifestStart: Sendable {
    package private(set) var highestSequence: UInt64 = 0
    /// Why the manifest that was looked up isn't used.
    package private(set) var failure: RefreshFailure?
    package private(set) var cacheFailure: ManifestCacheFailure?
    private let fetch: ClusterManifestFetch
    private let factory: ClusterNodeFactory
    private var cachedValue: TXTValue?
    private var newest: (manifest: Signed<ClusterManifest>, nodes: [ClusterNode])?

    package init(_ fetch: ClusterManifestFetch, factory: ClusterNodeFactory, cache: any ManifestCache) async {
        self.fetch = fetch
        self.factory = factory
        do throws(ManifestCacheFailure) {
            guard let cached = try await cache.load() else { return }
            guard cached.cluster == fetch.cluster.zone, cached.operatorKey == fetch.operatorKey else { return }
            self.highestSequence = cached.highestSequence
            self.cachedValue = cached.value
        } catch {
            self.cacheFailure = error
        }
    }

    /// Takes in what the look-up brought.
    package mutating func take(_ result: Result<Signed<ClusterManifest>, PinnedRecordRefusal>) {
        do throws(RefreshFailure) {
            switch result {
            case .failure(let refusal): throw .noManifest(refusal)
            case .success(let manifest):
                let sequence = manifest.body.sequence
                guard sequence >= self.highestSequence else {
                    throw .lowerSequence(offered: sequence, known: self.highestSequence)
                }
                self.highestSequence = sequence
                self.newest = (manifest, try self.factory.nodes(of: manifest.body))
            }
        } catch {
            self.failure = error
        }
    }

    /// - Throws: ``failure`` if no manifest can be used.
    package func choose(
        now: UnixSeconds
    ) throws(RefreshFailure) -> (manifest: Signed<ClusterManifest>, nodes: [ClusterNode]) {
        if let newest = self.newest { return newest }
        let failure = self.failure ?? .noManifest(.absent)
        guard let value = self.cachedValue, case .success(let manifest) = self.fetch.verify(value, now: now) else {
            throw failure
        }
        do throws(RefreshFailure) {
            return (manifest, try self.factory.nodes(of: manifest.body))
        } catch {
            throw failure  // of the two, the one about what is published now
        }
    }
}
