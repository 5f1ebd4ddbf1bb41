/// The name at which records stand: lower case, no trailing dot, at most 253 characters.
///
/// Source: protocol documents, "DNS owner names", section 1.
public struct OwnerName: Hashable, Sendable, CustomStringConvertible {
    /// The name without trailing dot.
    public let text: String

    /// Folds A-Z, takes one trailing dot away and checks every label: 1 to 63 of a-z, 0-9, `-` and `_`.
    ///
    /// - Throws: ``NameError``.
    public init(_ text: String) throws(NameError) {
        self.text = try ZoneName(text).text
    }

    /// Takes a text made of labels that need no check and a zone.
    private init(made text: String) throws(NameError) {
        try DomainText.checkLength(of: text)
        self.text = text
    }

    public var description: String { self.text }
}

extension OwnerName {
    /// Where senders of a zone put manifests for a recipient: `slot-3.mb-….zone`.
    ///
    /// - Throws: ``NameError/tooLong(byteCount:limit:)``, like all of the names below.
    public static func slot(_ slot: Slot, of recipient: UserID, in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.slot(slot, of: recipient, zone: zone.text))
    }

    /// Where one chunk of a message stands: `chunk-0007-….zone`, with more digits from index 10,000 on.
    ///
    /// - Throws: ``NameError/chunkIndex(_:)`` for a negative index.
    public static func chunk(_ index: Int, of key: ChunkKey, in zone: ZoneName) throws(NameError) -> OwnerName {
        guard index >= 0 else { throw .chunkIndex(index) }
        return try OwnerName(made: OwnerNameText.chunk(index, of: key, zone: zone.text))
    }

    /// Where a user of a shared zone publishes an identity: `id-….zone`. The name is hashed as it is written.
    public static func hashedIdentity(of username: String, in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.hashedIdentity(of: username, zone: zone.text))
    }

    /// Where the owner of a zone publishes an identity: `dmp.zone`.
    public static func anchoredIdentity(in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.anchoredIdentity(zone: zone.text))
    }

    /// Where a user's prekeys stand: `prekeys.id-….zone`. The name is hashed as it is written.
    public static func prekeys(of username: String, in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.prekeys(of: username, zone: zone.text))
    }

    /// Where rotations and revocations of a hashed identity stand: `rotate.id-….zone`.
    public static func hashedRotation(of username: String, in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.hashedRotation(of: username, zone: zone.text))
    }

    /// Where rotations and revocations of a zone's owner stand: `rotate.dmp.zone`.
    public static func anchoredRotation(in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.anchoredRotation(zone: zone.text))
    }

    /// Where the manifest of a cluster stands: `cluster.name`.
    ///
    /// - Throws: ``NameError/label(_:)`` for a name that a record can't hold, as for the three names below.
    public static func cluster(_ name: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.cluster(name.text))
    }

    /// Where rotations of a cluster's operator stand: `rotate.cluster.name`.
    public static func clusterRotation(_ name: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.clusterRotation(name.text))
    }

    /// Where a domain says which clusters serve its users: `_dmp.domain`.
    public static func bootstrap(_ domain: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.bootstrap(domain.text))
    }

    /// Where rotations of a bootstrap signer stand: `rotate._dmp.domain`.
    public static func bootstrapRotation(_ domain: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.bootstrapRotation(domain.text))
    }

    /// Where a claim provider keeps claims for a recipient: `claim-3.mb-….zone`.
    public static func claim(_ slot: Slot, of recipient: UserID, in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.claim(slot, of: recipient, zone: zone.text))
    }

    /// Where a node publishes its heartbeat: `_dnsmesh-heartbeat.zone`.
    public static func heartbeat(in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.heartbeat(zone: zone.text))
    }

    /// Where a node publishes the heartbeats that it has seen: `_dnsmesh-seen.zone`.
    public static func seen(in zone: ZoneName) throws(NameError) -> OwnerName {
        try OwnerName(made: OwnerNameText.seen(zone: zone.text))
    }
}
