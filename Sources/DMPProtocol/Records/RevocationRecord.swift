public import DMPCrypto

/// Says that a key counts no more, signed by that key.
///
/// Body: 50 + s bytes, integers big-endian.
///
/// | Offset | Bytes | Field          | Meaning                                      |
/// |-------:|------:|----------------|----------------------------------------------|
/// |      0 |     7 |                | `DMPRV01`                                    |
/// |      7 | 2 + s | ``subject``    | ``KeySubject``                               |
/// |  9 + s |    32 | ``revokedKey`` | Ed25519, verifies the signature              |
/// | 41 + s |     1 | ``reason``     | 1 compromise, 2 routine, 3 lost key, 4 other |
/// | 42 + s |     8 | ``issued``     | Unix seconds                                 |
///
/// Revocations don't expire. Source: protocol documents, "TXT records", section 10.
public struct RevocationRecord: Hashable, Sendable {
    /// The number is the one in the records.
    public enum Reason: UInt8, Hashable, Sendable {
        /// Somebody else may have the key.
        case compromise = 1
        /// The key was replaced without need. Revoking it stops those who follow the rotation.
        case routine = 2
        /// Its owner has the key no more.
        case lostKey = 3
        /// Anything else.
        case other = 4
    }

    /// How many seconds the clock of an honest signer may be ahead.
    package static let maximumClockSkew: UInt64 = 300

    /// Whose key it is.
    public let subject: KeySubject
    /// The key that counts no more.
    public let revokedKey: Ed25519.PublicKey
    /// Why it counts no more.
    public let reason: Reason
    /// When the record was made.
    public let issued: UnixSeconds

    /// A revocation that is still to be signed.
    public init(subject: KeySubject, revokedKey: Ed25519.PublicKey, reason: Reason, issued: UnixSeconds) {
        self.subject = subject
        self.revokedKey = revokedKey
        self.reason = reason
        self.issued = issued
    }
}

extension RevocationRecord: SelfSignedBody {
    package static let prefix: StaticString = "v=dmp1;t=revocation;"
    package static let bodyByteCounts =
        fixedByteCount + KeySubject.minimumByteCount...fixedByteCount + KeySubject.maximumByteCount
    /// Everything but the subject.
    private static let fixedByteCount = 48
    private static let magic: StaticString = "DMPRV01"

    package var signer: Ed25519.PublicKey { self.revokedKey }

    package static func signer(ofBody body: ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey {
        var reader = ByteReader(body)
        try reader.expectMagic(Self.magic)
        try KeySubject.skip(in: &reader)
        return try reader.readSigningKey()
    }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        try reader.expectMagic(Self.magic)
        self.subject = try KeySubject(reading: &reader)
        self.revokedKey = try reader.readSigningKey()
        guard let reason = try Reason(rawValue: reader.readInteger()) else { throw .body(.reason) }
        self.reason = reason
        self.issued = try UnixSeconds(rawValue: reader.readInteger())
        try reader.expectEnd()
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic.description.utf8)
        self.subject.encode(into: &writer)
        writer.write(self.revokedKey.bytes)
        writer.writeInteger(self.reason.rawValue)
        writer.writeInteger(self.issued.rawValue)
    }

    /// A revocation does not expire, but one of the far future is none yet.
    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        guard now.seconds(until: self.issued) <= Self.maximumClockSkew else { throw .issuedAhead }
    }
}

extension Signed where Body == RevocationRecord {
    /// Verifies a revocation under the key in it.
    ///
    /// With `revokedKey` that key must be the revoked one, with `subject` it must be the key of that subject. With
    /// `maximumAge` the record counts only for so many seconds: leave it out when a key is checked, as with a limit a
    /// stolen key comes back.
    ///
    /// - Throws: ``WireError``.
    public init(
        parsing value: TXTValue,
        now: UnixSeconds,
        revokedKey: Ed25519.PublicKey? = nil,
        subject: KeySubject? = nil,
        maximumAge: UInt64? = nil
    ) throws(WireError) {
        try self.init(verifying: value, now: now, signer: RevocationRecord.signer(ofBody:))
        if let revokedKey, self.body.revokedKey != revokedKey { throw .signerMismatch }
        if let subject, !self.body.subject.isSame(as: subject) { throw .nameMismatch }
        if let maximumAge, self.body.issued.seconds(until: now) > maximumAge { throw .tooOld }
    }
}
