public import DMPCrypto

/// One cluster that serves the users of a domain, as the domain's bootstrap record lists it.
///
/// 35 + c bytes, integers big-endian.
///
/// | Bytes | Field             | Meaning                                            |
/// |------:|-------------------|----------------------------------------------------|
/// |     2 | ``priority``      | the lowest is tried first                          |
/// |     1 |                   | c, 1...64, or 65 with a dot at the end of the name |
/// |     c | ``clusterDomain`` |                                                    |
/// |    32 | ``operatorKey``   | Ed25519                                            |
///
/// Source: protocol documents, "TXT records", section 8.
public struct BootstrapEntry: Hashable, Sendable {
    /// The lower, the earlier the cluster is tried.
    public let priority: UInt16
    /// The cluster's name, under which its manifest stands.
    public let clusterDomain: RecordDomain
    /// The key that signs the cluster's manifest.
    public let operatorKey: Ed25519.PublicKey

    /// A cluster that serves the domain's users.
    public init(priority: UInt16, clusterDomain: RecordDomain, operatorKey: Ed25519.PublicKey) {
        self.priority = priority
        self.clusterDomain = clusterDomain
        self.operatorKey = operatorKey
    }
}

extension BootstrapEntry {
    /// The bytes of an entry whose domain has one letter.
    static let minimumByteCount = 36

    init(reading reader: inout ByteReader) throws(WireError) {
        self.priority = try reader.readInteger()
        self.clusterDomain = try reader.readDomain(.clusterDomain)
        self.operatorKey = try reader.readSigningKey()
    }

    func encode(into writer: inout ByteWriter) {
        writer.writeInteger(self.priority)
        writer.writeDomain(self.clusterDomain)
        writer.write(self.operatorKey.bytes)
    }

    /// How many bytes the entry takes in a record.
    var encodedByteCount: Int { 2 + self.clusterDomain.encodedByteCount + Ed25519.PublicKey.byteCount }

    /// What no two entries of a record may share.
    var place: Place { Place(priority: self.priority, zone: self.clusterDomain.zone) }

    struct Place: Hashable {
        let priority: UInt16
        let zone: ZoneName
    }
}
