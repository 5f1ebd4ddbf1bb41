public import DMPCrypto

/// Which clusters serve the users of a domain, signed by the domain's operator.
///
/// Body: at most 821 bytes, so that the text has at most 1,199; integers big-endian.
///
/// | Offset | Bytes | Field        | Meaning                                              |
/// |-------:|------:|--------------|------------------------------------------------------|
/// |      0 |     7 |              | `DMPBS01`                                            |
/// |      7 |     8 | ``sequence`` | a record replaces those with a lower number          |
/// |     15 |     8 | ``expires``  | Unix seconds                                         |
/// |     23 |    32 | ``signer``   | Ed25519                                              |
/// |     55 |     1 |              | c, 1...64, or 65 with a dot at the end of the domain |
/// |     56 |     c | ``domain``   |                                                      |
/// | 56 + c |     1 |              | n, 1...16                                            |
/// | 57 + c |       | ``entries``  | n times ``BootstrapEntry``, in any order             |
///
/// Source: protocol documents, "TXT records", section 8.
public struct BootstrapRecord: Hashable, Sendable {
    /// The most clusters of a domain.
    public static let maximumEntryCount = 16

    /// The domain of the users' addresses.
    public let domain: RecordDomain
    /// The key that signs this record and the ones that replace it.
    public let signer: Ed25519.PublicKey
    /// Only a higher number replaces a record that is known already.
    public let sequence: UInt64
    /// The last second in which the record counts.
    public let expires: UnixSeconds
    /// The clusters, the one to try first in front. Those of one priority keep the operator's order.
    public let entries: [BootstrapEntry]

    /// Takes the entries in any order.
    ///
    /// - Throws: ``WireError/body(_:)`` unless there are 1 to 16 entries, no two with the same priority and domain;
    ///   ``WireError/wireTooLong(_:)``, with the bytes of the text, when they don't fit into one record.
    public init(
        domain: RecordDomain,
        signer: Ed25519.PublicKey,
        sequence: UInt64,
        expires: UnixSeconds,
        entries: [BootstrapEntry]
    ) throws(WireError) {
        guard (1...Self.maximumEntryCount).contains(entries.count) else { throw .body(.entries) }
        guard Set(entries.map(\.place)).count == entries.count else { throw .body(.clusterDomain) }
        let byteCount = entries.reduce(Self.fixedByteCount + domain.encodedByteCount) { $0 + $1.encodedByteCount }
        try Self.checkFits(bodyByteCount: byteCount)
        self.domain = domain
        self.signer = signer
        self.sequence = sequence
        self.expires = expires
        self.entries = entries.sorted { $0.priority < $1.priority }
    }

    /// Whether the record's last second has passed.
    public func isExpired(at now: UnixSeconds) -> Bool { now > self.expires }
}

extension BootstrapRecord: PinnedSignerBody {
    package static let prefix: StaticString = "v=dmp1;t=bootstrap;"
    package static let bodyByteCounts = fixedByteCount + 2 + BootstrapEntry.minimumByteCount...821
    /// Everything but the domain with its length and the entries.
    private static let fixedByteCount = 56
    private static let magic: StaticString = "DMPBS01"

    package var boundName: RecordDomain { self.domain }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        try reader.expectMagic(Self.magic)
        let sequence = try reader.readInteger(UInt64.self)
        let expires = try UnixSeconds(rawValue: reader.readInteger())
        let signer = try reader.readSigningKey()
        let domain = try reader.readDomain(.userDomain)
        let entryCount = try Int(reader.readInteger(UInt8.self))
        guard (1...Self.maximumEntryCount).contains(entryCount) else { throw .body(.entries) }
        var entries: [BootstrapEntry] = []
        for _ in 0..<entryCount { entries.append(try BootstrapEntry(reading: &reader)) }
        try reader.expectEnd()
        try self.init(domain: domain, signer: signer, sequence: sequence, expires: expires, entries: entries)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic.description.utf8)
        writer.writeInteger(self.sequence)
        writer.writeInteger(self.expires.rawValue)
        writer.write(self.signer.bytes)
        writer.writeDomain(self.domain)
        writer.writeInteger(UInt8(self.entries.count))
        for entry in self.entries { entry.encode(into: &writer) }
    }

    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        try Self.checkUnexpired(until: self.expires, at: now)
    }
}

extension Signed where Body == BootstrapRecord {
    /// Verifies a record under the key of the domain's operator, whom the user trusts.
    ///
    /// A signature does not stop an old record from coming back: compare ``BootstrapRecord/sequence``. The keys in the
    /// entries are not looked at; they prove themselves when a cluster's manifest is verified. With `name` the record must
    /// be of that domain.
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
}
