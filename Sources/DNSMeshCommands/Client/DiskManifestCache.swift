import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSMesh
import Foundation

/// Keeps the manifest of a cluster beside the configuration, and reads the one that `cluster fetch --save` has written.
///
/// Source: protocol documents, "Files on disk", section 8.
struct DiskManifestCache: ManifestCache {
    /// A longer `cluster_manifest.wire` is none.
    private static let wireByteLimit = 4096

    private let fetch: ClusterManifestFetch
    private let folder: URL
    private let now: @Sendable () -> UnixSeconds
    private let file: FileManifestCache

    /// Each cluster and operator has a file of its own, so that pinning another one forgets nothing.
    init(fetch: ClusterManifestFetch, folder: URL, now: @escaping @Sendable () -> UnixSeconds) {
        self.fetch = fetch
        self.folder = folder
        self.now = now
        let name = "cluster-\(fetch.cluster.zone)-\(fetch.operatorKey.hex.prefix(16)).cache"
        self.file = FileManifestCache(path: folder.appending(path: name).path)
    }

    var path: String { self.file.path }

    /// The file that the reference writes too: the text of a manifest and nothing else.
    static func wireFile(in folder: URL) -> URL { folder.appending(path: "cluster_manifest.wire") }

    /// What was used last; or the saved manifest, if it is newer than anything that was seen.
    func load() async throws(ManifestCacheFailure) -> CachedManifest? {
        let own = try await self.file.load()
        guard let (value, sequence) = await self.savedWire(), sequence >= own?.highestSequence ?? 0 else { return own }
        if let kept = own?.value, case .success(let manifest) = self.fetch.verify(kept, now: self.now()),
            manifest.body.sequence >= sequence
        {
            return own
        }
        return CachedManifest(
            cluster: self.fetch.cluster.zone,
            operatorKey: self.fetch.operatorKey,
            highestSequence: sequence,
            value: value
        )
    }

    /// Keeps `manifest`, unless another command has kept a newer one meanwhile.
    func store(_ manifest: CachedManifest) async throws(ManifestCacheFailure) {
        var other: CachedManifest?
        // A file that can't be read is replaced.
        do throws(ManifestCacheFailure) { other = try await self.file.load() } catch {}
        if let other, other.cluster == manifest.cluster, other.operatorKey == manifest.operatorKey,
            other.highestSequence > manifest.highestSequence
        {
            return
        }
        if other != manifest { try await self.file.store(manifest) }
    }

    /// The manifest in `cluster_manifest.wire`, if it counts now.
    private func savedWire() async -> (value: TXTValue, sequence: UInt64)? {
        let url = Self.wireFile(in: self.folder)
        let data: Data?
        do {
            data = try await BlockingWork.run {
                FileManager.default.fileExists(atPath: url.path) ? try Data(contentsOf: url) : nil
            }
        } catch {
            return nil  // it is only one of two places to look at
        }
        guard let data, data.count <= Self.wireByteLimit, let text = String(validating: data, as: UTF8.self) else {
            return nil
        }
        let value = TXTValue(text.trimmingSpaces)
        guard case .success(let manifest) = self.fetch.verify(value, now: self.now()) else { return nil }
        return (value, manifest.body.sequence)
    }
}
