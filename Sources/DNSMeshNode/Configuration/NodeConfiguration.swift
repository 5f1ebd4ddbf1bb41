public import DMPCrypto
public import DMPProtocol
public import DNSWire
public import Logging

/// All settings of a node, with the defaults of the environment variables that they come from.
///
/// Source: protocol documents, "The DMP node", section 2.1.
public struct NodeConfiguration: Sendable {
    /// The SQLite file of the records (`DMP_DB_PATH`).
    public var databasePath = "/var/lib/dmp/dmp.db"

    /// The zone that the node speaks for; `nil` for a node that serves whatever is stored (section 2.4).
    public var servedZone: DNSName?
    /// Records at the apex of the served zone (`DMP_DNS_APEX_…`).
    public var apex = ApexRecords()

    /// Where DNS is served over UDP and TCP (`DMP_DNS_HOST`, `DMP_DNS_PORT`). Port 0 lets the system choose.
    public var dnsHost = IPAddress.v4(.loopback)
    public var dnsPort: UInt16 = 5_353
    /// The longest TTL of an answer, in seconds (`DMP_DNS_TTL`).
    public var dnsTTL: UInt32 = 60
    /// Requests of one source address, for UDP and TCP each (`DMP_DNS_RATE`, `DMP_DNS_BURST`).
    public var dnsLimit = RateLimit(perSecond: 50, burst: 200)
    /// How many DNS messages may be in work (`DMP_DNS_MAX_CONCURRENCY`).
    public var dnsMaximumConcurrency = 128

    /// Where HTTP is served (`DMP_HTTP_HOST`, `DMP_HTTP_PORT`). Port 0 lets the system choose.
    public var httpHost = IPAddress.v4(.loopback)
    public var httpPort: UInt16 = 8_053
    /// Requests of one source address (`DMP_HTTP_RATE`, `DMP_HTTP_BURST`).
    public var httpLimit = RateLimit(perSecond: 10, burst: 100)
    /// An eighth of how many HTTP connections may be open (`DMP_HTTP_MAX_CONCURRENCY`), as most of them wait for their
    /// client. At least 256 always may.
    public var httpMaximumConcurrency = 64

    /// The operator's bearer token (`DMP_OPERATOR_TOKEN`, else `DMP_HTTP_TOKEN`).
    public var operatorToken: OperatorToken?
    /// Who may write over HTTP (`DMP_AUTH_MODE`).
    public var writeAccess = WriteAccess.open
    /// Whether open writes are allowed on an address that others can reach (`DMP_ALLOW_OPEN_PUBLIC_BIND`).
    public var allowsOpenPublicBind = false

    /// What a writer may store (`DMP_MAX_TTL`, `DMP_MAX_VALUE_BYTES`, `DMP_MAX_VALUES_PER_NAME`).
    public var recordLimits = RecordLimits()
    /// How often expired records are deleted (`DMP_CLEANUP_INTERVAL`).
    public var cleanupInterval: Duration = .seconds(60)

    /// The file with the signed manifest of the cluster that the node belongs to (`DMP_CLUSTER_FILE`, else
    /// `DMP_CLUSTER_MANIFEST_PATH`); `nil` for none. It is published as long as it counts.
    public var clusterFile: String?
    /// The key that must have signed it (`DMP_SYNC_OPERATOR_SPK`); `nil` for the one that it names.
    public var clusterOperatorKey: Ed25519.PublicKey?
    /// The name that it must have (`DMP_CLUSTER_BASE_DOMAIN`); `nil` for any.
    public var clusterName: ZoneName?
    /// How often the file is read again.
    public var clusterFileInterval: Duration = .seconds(10)

    /// Where the manifest is looked for when nothing is said.
    static let usualClusterFile = "/var/lib/dmp/cluster.json"

    /// The file with the TSIG keys of those who may update the served zone by DNS (`DMP_TSIG_KEY_FILE`); `nil` for nobody.
    public var updateKeyFile: String?
    /// A key database that a node of the reference has made (`DMP_TSIG_DB_PATH`), read if there is no file.
    public var updateKeyStore: String?
    /// How often the file is read again.
    public var updateKeyFileInterval: Duration = .seconds(10)

    /// What is logged (`DMP_LOG_LEVEL`), and how (`DMP_LOG_FORMAT`).
    public var logLevel = Logger.Level.info
    public var logFormat = LogFormat.text

    /// What the operator should read in the log: settings that have no effect.
    public var notes: [String] = []

    /// A node on loopback without a token, as `dnsmesh node` starts it when nothing is set.
    public init() {}

    /// - Throws: ``NodeConfigurationError`` for open writes on an address that others can reach.
    func checkOpenBind() throws(NodeConfigurationError) {
        guard self.writeAccess == .open, !self.httpHost.isLoopback, !self.allowsOpenPublicBind else { return }
        throw NodeConfigurationError(
            variable: "DMP_HTTP_HOST",
            rule: "opens this node to writes from everybody: set DMP_OPERATOR_TOKEN, or DMP_HTTP_HOST=127.0.0.1, "
                + "or DMP_ALLOW_OPEN_PUBLIC_BIND=1"
        )
    }
}

/// Who may publish and delete records over HTTP.
public enum WriteAccess: Hashable, Sendable {
    /// Everybody.
    case open
    /// Who has the operator token; nobody if there is none.
    case operatorOnly
}

/// How log lines look.
public enum LogFormat: Hashable, Sendable {
    case text
    /// One JSON object per line.
    case json
}

/// Records at the apex of the served zone, which strict resolvers want to find there.
public struct ApexRecords: Hashable, Sendable {
    public var ipv4: IPv4Address?
    public var ipv6: IPv6Address?
    public var nameServer: DNSName?
    /// The mailbox of the SOA record, its first label being the local part.
    public var responsible: DNSName?

    public init() {}
}
