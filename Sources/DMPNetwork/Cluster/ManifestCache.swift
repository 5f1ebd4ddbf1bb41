public import DMPCrypto
public import DMPProtocol
private import Synchronization

/// What is kept of a cluster's manifests from one start to the next.
public struct CachedManifest: Hashable, Sendable {
    /// The cluster for which the rest holds.
    public let cluster: ZoneName
    /// The operator for whom it holds, 32 bytes.
    public let operatorKey: Ed25519.PublicKey
    /// The highest sequence that was ever verified; nothing below it is accepted any more.
    public let highestSequence: UInt64
    /// The record last used. It is verified again before it is used again.
    public let value: TXTValue?

    public init(cluster: ZoneName, operatorKey: Ed25519.PublicKey, highestSequence: UInt64, value: TXTValue?) {
        self.cluster = cluster
        self.operatorKey = operatorKey
        self.highestSequence = highestSequence
        self.value = value
    }
}

/// Why a cache couldn't be read or written.
public struct ManifestCacheFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line for people.
    public let message: String

    /// Takes one line for people.
    public init(_ message: String) {
        self.message = message
    }

    public var description: String { self.message }
}

/// Keeps the last manifest, so that a cluster can be used while its manifest can't be looked up, and so that an old one
/// doesn't come back after a restart.
public protocol ManifestCache: Sendable {
    /// What was kept last, or `nil` if nothing was.
    func load() async throws(ManifestCacheFailure) -> CachedManifest?

    /// Keeps `manifest` in place of what was kept before.
    func store(_ manifest: CachedManifest) async throws(ManifestCacheFailure)
}

extension ManifestCache {
    /// Whether this, or something newer of the same cluster and operator, is kept already. What can't be read is to be
    /// replaced.
    func holds(_ manifest: CachedManifest) async -> Bool {
        do throws(ManifestCacheFailure) {
            guard let kept = try await self.load() else { return false }
            guard kept.cluster == manifest.cluster, kept.operatorKey == manifest.operatorKey else { return false }
            return kept == manifest || kept.highestSequence > manifest.highestSequence
        } catch {
            return false
        }
    }
}

/// Keeps a manifest as long as the process lives.
public final class MemoryManifestCache: ManifestCache {
    private let content: Mutex<CachedManifest?>

    /// Begins with `content`, or with nothing.
    public init(_ content: CachedManifest? = nil) {
        self.content = Mutex(content)
    }

    public func load() async throws(ManifestCacheFailure) -> CachedManifest? {
        self.content.withLock(\.self)
    }

    public func store(_ manifest: CachedManifest) async throws(ManifestCacheFailure) {
        self.content.withLock { $0 = manifest }
    }
}
