import DMPCrypto
import DMPNetwork
import DMPProtocol

/// Whom a client trusts about a cluster: its domain, and the key that signs its manifest.
struct ClusterAnchor: Hashable, Sendable {
    let operatorKey: Ed25519.PublicKey
    let cluster: RecordDomain

    /// Reads what a user has typed.
    init(operatorKey: String, baseDomain: String) throws(CommandFailure) {
        self.operatorKey = try AnchorReading.key(operatorKey, named: "operator_spk")
        self.cluster = try AnchorReading.domain(baseDomain, named: "base_domain")
    }

    /// Reads what is pinned in the file at `path`.
    init(pinnedIn configuration: Configuration, path: String) throws(CommandFailure) {
        guard configuration.hasClusterAnchors else {
            throw .user("no cluster is pinned; run `dnsmesh cluster pin OPERATOR_SPK_HEX BASE_DOMAIN`")
        }
        self.operatorKey = try AnchorReading.key(
            configuration.clusterOperatorKey,
            named: "\(path): cluster_operator_spk"
        )
        self.cluster = try AnchorReading.domain(
            configuration.clusterBaseDomain,
            named: "\(path): cluster_base_domain"
        )
    }

    /// Where the manifest stands.
    var fetch: ClusterManifestFetch {
        get throws(CommandFailure) {
            do throws(NameError) {
                return try ClusterManifestFetch(self.cluster, operatorKey: self.operatorKey)
            } catch {
                throw .user("invalid base_domain: \(error)")
            }
        }
    }

    /// `nil` if nothing is pinned, or what is pinned can't be read.
    init?(_ configuration: Configuration) {
        do { try self.init(pinnedIn: configuration, path: "") } catch { return nil }
    }
}
