public import DMPCrypto

/// Which nodes serve a cluster, signed by the cluster's operator.
///
/// Body: at most 821 bytes, so that the text has at most 1,197; integers big-endian.
///
/// | Offset | Bytes | Field           | Meaning                                            |
/// |-------:|------:|-----------------|----------------------------------------------------|
/// |      0 |     7 |                 | `DMPCL01`                                          |
/// |      7 |     8 | ``sequence``    | a manifest replaces those with a lower number      |
/// |     15 |     8 | ``expires``     | Unix seconds                                       |
/// |     23 |    32 | ``operatorKey`` | Ed25519                                            |
/// |     55 |     1 |                 | c, 1...64, or 65 with a dot at the end of the name |
/// |     56 |     c | ``name``        |                                                    |
/// | 56 + c |     1 |                 | n, 1...32                                          |
/// | 57 + c |       | ``nodes``       | n times ``ClusterNode``                            |
///
/// The reference also reads a manifest without nodes. It is refused here, as each quorum of none would be reached.
///
/// Source: protocol documents, "TXT records", section 7.
public struct ClusterManifest: Hashable, Sendable {
    /// The most nodes of a cluster.
    public static let maximumNodeCount = 32

    /// The domain under which the cluster is known.
    public let name: RecordDomain
    /// The key that signs this manifest and the ones that replace it.
    public let operatorKey: Ed25519.PublicKey
    /// Only a higher number replaces a manifest that is known already.
    public let sequence: UInt64
    /// The last second in which the manifest counts.
    public let expires: UnixSeconds
    /// The nodes in the operator's order, each with its own id.
    public let nodes: [ClusterNode]

    /// A manifest that is still to be signed.
    ///
    /// - Throws: ``WireError/body(_:)`` unless there are 1 to 32 nodes with distinct ids;
    ///   ``WireError/wireTooLong(_:)``, with the bytes of the text, when they don't fit into one record.
    public init(
        name: RecordDomain,
        operatorKey: Ed25519.PublicKey,
        sequence: UInt64,
        expires: UnixSeconds,
        nodes: [ClusterNode]
    ) throws(WireError) {
        guard (1...Self.maximumNodeCount).contains(nodes.count) else { throw .body(.nodes) }
        guard Set(nodes.map(\.id)).count == nodes.count else { throw .body(.nodeID) }
        let byteCount = nodes.reduce(Self.fixedByteCount + name.encodedByteCount) { $0 + $1.encodedByteCount }
        try Self.checkFits(bodyByteCount: byteCount)
        self.name = name
        self.operatorKey = operatorKey
        self.sequence = sequence
        self.expires = expires
        self.nodes = nodes
    }

    /// Whether the manifest's last second has passed.
    public func isExpired(at now: UnixSeconds) -> Bool { now > self.expires }
}

extension ClusterManifest: PinnedSignerBody {
    package static let prefix: StaticString = "v=dmp1;t=cluster;"
    package static let bodyByteCounts = fixedByteCount + 2 + ClusterNode.minimumByteCount...821
    /// Everything but the name with its length and the nodes.
    private static let fixedByteCount = 56
    private static let magic: StaticString = "DMPCL01"

    package var signer: Ed25519.PublicKey { self.operatorKey }
    package var boundName: RecordDomain { self.name }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        try reader.expectMagic(Self.magic)
        let sequence = try reader.readInteger(UInt64.self)
        let expires = try UnixSeconds(rawValue: reader.readInteger())
        let operatorKey = try reader.readSigningKey()
        let name = try reader.readDomain(.clusterName)
        let nodeCount = try Int(reader.readInteger(UInt8.self))
        guard (1...Self.maximumNodeCount).contains(nodeCount) else { throw .body(.nodes) }
        var nodes: [ClusterNode] = []
        for _ in 0..<nodeCount { nodes.append(try ClusterNode(reading: &reader)) }
        try reader.expectEnd()
        try self.init(name: name, operatorKey: operatorKey, sequence: sequence, expires: expires, nodes: nodes)
    }

    /// Reads no more than the key.
    fileprivate static func operatorKey(ofBody body: ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey {
        var reader = ByteReader(body)
        try reader.expectMagic(Self.magic)
        _ = try reader.read(16)  // sequence and expiry
        return try reader.readSigningKey()
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic.description.utf8)
        writer.writeInteger(self.sequence)
        writer.writeInteger(self.expires.rawValue)
        writer.write(self.operatorKey.bytes)
        writer.writeDomain(self.name)
        writer.writeInteger(UInt8(self.nodes.count))
        for node in self.nodes { node.encode(into: &writer) }
    }

    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        try Self.checkUnexpired(until: self.expires, at: now)
    }
}

extension Signed where Body == ClusterManifest {
    /// Verifies a manifest under the key of the operator whom the user trusts.
    ///
    /// A signature does not stop an old manifest from coming back: compare ``ClusterManifest/sequence``. With `name` the
    /// manifest must be of that cluster.
    ///
    /// - Throws: ``WireError``.
    public init(
        parsing value: TXTValue,
        now: UnixSeconds,
        signer: Ed25519.PublicKey,
        name: ZoneName? = nil
    ) throws(WireError) {
        try self.init(verifying: value, now: now, pinned: signer, name: name)
    }

    /// Verifies a manifest under the key that it names itself: for who hands it on, and trusts nobody because of it.
    ///
    /// - Throws: ``WireError``.
    package init(selfVerifying value: TXTValue, now: UnixSeconds, name: ZoneName? = nil) throws(WireError) {
        try self.init(verifying: value, now: now) { (body) throws(WireError) in
            try ClusterManifest.operatorKey(ofBody: body)
        }
        if let name, self.body.name.zone != name { throw .nameMismatch }
    }
}
