/// What `config.yaml` holds: the 34 keys that the Python command line knows, under Swift names.
///
/// The defaults are those of a missing key. Source: protocol documents, "Files on disk", section 2.1.
struct Configuration: Hashable, Sendable {
    var allowTOFU = false
    var bootstrapSignerKey = ""
    var bootstrapUserDomain = ""
    var claimProviderOverride = ""
    var claimProviderZone = ""
    var clusterBaseDomain = ""
    var clusterEnabled = false
    var clusterNodeToken = ""
    var clusterOperatorKey = ""
    var clusterRefreshInterval = 3600
    var contacts: [ContactEntry] = []
    var dnsHost: String?
    var dnsPort = 5353
    var dnsResolvers: [String] = []
    var dnssecRequired = false
    var domain = Self.defaultDomain
    var endpoint = ""
    var httpToken: String?
    var identityDomain = ""
    var kdfSalt = ""
    var localNodeDNSPort = 0
    var localNodeDNSServer = ""
    var passphraseFile: String?
    var receivePrimaryInterval = 30
    var receiveSecondaryDisabled = false
    var receiveSecondaryInterval = 600
    var tsigAlgorithm = Self.defaultTSIGAlgorithm
    var tsigDNSPort = 53
    var tsigDNSServer = ""
    var tsigKeyName = ""
    var tsigSecretHex = ""
    var tsigZone = ""
    var username = ""
    var verifyKey = ""

    static let defaultDomain = "mesh.local"
    static let defaultTSIGAlgorithm = "hmac-sha256"

    /// Whether a cluster is pinned.
    var hasClusterAnchors: Bool { !self.clusterBaseDomain.isEmpty && !self.clusterOperatorKey.isEmpty }

    /// Whether commands use the cluster: it is pinned, and enabled.
    var isClusterMode: Bool { self.clusterEnabled && self.hasClusterAnchors }

    /// The zone of mailbox, chunks and prekeys: the cluster's once cluster mode is on, else ``domain``.
    var effectiveDomain: String {
        self.isClusterMode ? self.clusterBaseDomain : self.domain
    }
}

/// One entry of the `contacts` mapping, as the file states it: keys unchecked, fields empty when missing.
struct ContactEntry: Hashable, Sendable {
    /// A field that this version doesn't know, kept as it was read: its name, and its value as one line of YAML.
    struct OtherField: Hashable, Sendable {
        let name: String
        let yaml: String
    }

    var label: String
    /// The X25519 key in hexadecimal; may be empty when ``signingKey`` is set.
    var encryptionKey = ""
    /// The Ed25519 key in hexadecimal; empty if the contact isn't pinned.
    var signingKey = ""
    /// The peer's host; empty if unknown.
    var domain = ""
    /// The peer's own user name; empty if unknown.
    var remoteUsername = ""
    var otherFields: [OtherField] = []
}
