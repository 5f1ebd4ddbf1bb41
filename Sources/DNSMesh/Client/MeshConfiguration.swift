public import DMPProtocol

/// Who the client is, where it publishes, and its limits.
public struct MeshConfiguration: Sendable {
    /// The own user name. Owner names hash it as it is written here.
    public var username: Username
    /// The mailbox zone: own chunks, manifests and prekeys are published here, and own mail arrives here.
    public var zone: ZoneName
    /// The zone that anchors the own identity record at `dmp.<zone>`; `nil` for the hashed form in ``zone``.
    public var identityZone: ZoneName?
    /// Delivers messages of unknown senders as long as no contact has a pinned signing key.
    public var allowsTrustOnFirstUse: Bool
    /// Follows the rotations of contacts, and refuses keys that were revoked, unless the user has said otherwise about
    /// a contact or all of them: see ``MeshStores/setFollowsRotations(_:of:)``.
    public var followsRotations: Bool
    /// How long a message lives when the caller doesn't say, in seconds. Shortened to what the node allows.
    public var messageLifetime: UInt64
    /// The largest TXT value that the node takes, in bytes; `nil` for no limit. Default nodes take 2,048. A writer that
    /// knows its own limit counts instead: ``RecordWriter/valueByteLimit``.
    public var valueByteLimit: Int?
    /// How many unused prekeys are kept published.
    public var prekeyTarget: Int
    /// How many reads or writes are in flight at once.
    public var width: Int
    /// How long one send, receive pass or publish may take in all.
    public var operationTimeout: Duration
    /// How many values are looked at in one slot; what lies beyond is counted as dropped. No DNS answer holds as many as
    /// the default.
    public var valuesPerSlot: Int

    /// Makes a configuration; each limit has a default that suits a default node.
    public init(
        username: Username,
        zone: ZoneName,
        identityZone: ZoneName? = nil,
        allowsTrustOnFirstUse: Bool = false,
        followsRotations: Bool = true,
        messageLifetime: UInt64 = 86_400,
        valueByteLimit: Int? = 2_048,
        prekeyTarget: Int = 25,
        width: Int = 256,
        operationTimeout: Duration = .seconds(60),
        valuesPerSlot: Int = 8_192
    ) {
        self.username = username
        self.zone = zone
        self.identityZone = identityZone
        self.allowsTrustOnFirstUse = allowsTrustOnFirstUse
        self.followsRotations = followsRotations
        self.messageLifetime = messageLifetime
        self.valueByteLimit = valueByteLimit
        self.prekeyTarget = prekeyTarget
        self.width = width
        self.operationTimeout = operationTimeout
        self.valuesPerSlot = valuesPerSlot
    }

    /// Where the own identity lies: `dmp.<identity zone>`, or the hashed name in the mailbox zone.
    var identityName: OwnerName {
        get throws(NameError) {
            if let zone = self.identityZone { return try OwnerName.anchoredIdentity(in: zone) }
            return try OwnerName.hashedIdentity(of: self.username.text, in: self.zone)
        }
    }

    /// The address that an envelope claims: the user name at the identity zone, or else at the mailbox zone.
    ///
    /// `nil` if it has no canonical form; messages then go out without an envelope.
    public var address: UserAddress? {
        let host = self.identityZone ?? self.zone
        do {
            return try UserAddress(canonicalizing: "\(self.username.text)@\(host.text)")
        } catch {
            return nil
        }
    }
}
