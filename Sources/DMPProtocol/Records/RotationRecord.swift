public import DMPCrypto

/// Says that one key takes the place of another, signed by both.
///
/// Body: 97 + s bytes, integers big-endian. The signature of the old key follows, then that of the new key.
///
/// | Offset | Bytes | Field        | Meaning                                          |
/// |-------:|------:|--------------|--------------------------------------------------|
/// |      0 |     7 |              | `DMPROT1`                                        |
/// |      7 | 2 + s | ``subject``  | ``KeySubject``                                   |
/// |  9 + s |    32 | ``oldKey``   | Ed25519                                          |
/// | 41 + s |    32 | ``newKey``   | Ed25519, another                                 |
/// | 73 + s |     8 | ``sequence`` | rises along a chain of rotations                 |
/// | 81 + s |     8 | ``issued``   | Unix seconds                                     |
/// | 89 + s |     8 | ``expires``  | Unix seconds                                     |
///
/// Source: protocol documents, "TXT records", section 9.
public struct RotationRecord: Hashable, Sendable {
    /// Whose keys these are.
    public let subject: KeySubject
    /// The key that is replaced.
    public let oldKey: Ed25519.PublicKey
    /// The key that replaces it.
    public let newKey: Ed25519.PublicKey
    /// Milliseconds since 1970 by custom, so that two rotations within a second still rise.
    public let sequence: UInt64
    /// When the record was made. Not checked.
    public let issued: UnixSeconds
    /// The last second in which the record counts.
    public let expires: UnixSeconds

    /// A rotation that is still to be signed.
    ///
    /// - Throws: ``WireError/body(_:)`` when both keys are the same.
    public init(
        subject: KeySubject,
        oldKey: Ed25519.PublicKey,
        newKey: Ed25519.PublicKey,
        sequence: UInt64,
        issued: UnixSeconds,
        expires: UnixSeconds
    ) throws(WireError) {
        guard oldKey != newKey else { throw .body(.newKey) }
        self.subject = subject
        self.oldKey = oldKey
        self.newKey = newKey
        self.sequence = sequence
        self.issued = issued
        self.expires = expires
    }
}

extension RotationRecord: RecordBody {
    package static let prefix: StaticString = "v=dmp1;t=rotation;"
    package static let bodyByteCounts =
        fixedByteCount + KeySubject.minimumByteCount...fixedByteCount + KeySubject.maximumByteCount
    /// Five years of 365 days.
    package static let maximumLifetime: UInt64 = 157_680_000
    /// Everything but the subject.
    private static let fixedByteCount = 95
    private static let magic: StaticString = "DMPROT1"

    fileprivate static func signers(ofBody body: ArraySlice<UInt8>) throws(WireError) -> [Ed25519.PublicKey] {
        var reader = ByteReader(body)
        try reader.expectMagic(Self.magic)
        try KeySubject.skip(in: &reader)
        return [try reader.readSigningKey(), try reader.readSigningKey()]
    }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        try reader.expectMagic(Self.magic)
        let subject = try KeySubject(reading: &reader)
        let oldKey = try reader.readSigningKey()
        let newKey = try reader.readSigningKey()
        let sequence = try reader.readInteger(UInt64.self)
        let issued = try UnixSeconds(rawValue: reader.readInteger())
        let expires = try UnixSeconds(rawValue: reader.readInteger())
        try reader.expectEnd()
        try self.init(
            subject: subject,
            oldKey: oldKey,
            newKey: newKey,
            sequence: sequence,
            issued: issued,
            expires: expires
        )
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.magic.description.utf8)
        self.subject.encode(into: &writer)
        writer.write(self.oldKey.bytes)
        writer.write(self.newKey.bytes)
        writer.writeInteger(self.sequence)
        writer.writeInteger(self.issued.rawValue)
        writer.writeInteger(self.expires.rawValue)
    }

    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        try Self.checkUnexpired(until: self.expires, at: now)
    }

    /// Whether the last second in which the record counts has passed.
    package func isExpired(at now: UnixSeconds) -> Bool { self.expires < now }

    /// Signs with both keys that the record names.
    ///
    /// - Throws: ``WireError/signerMismatch`` for other keys.
    package func signed(
        by old: borrowing Ed25519.SecretKey,
        and new: borrowing Ed25519.SecretKey
    ) throws(WireError) -> Signed<RotationRecord> {
        guard old.publicKey == self.oldKey, new.publicKey == self.newKey else { throw .signerMismatch }
        return Signed(signing: self, with: old, and: new)
    }
}

extension Signed where Body == RotationRecord {
    /// Verifies a rotation under both keys in it. One rotation proves nothing of the chain that it belongs to.
    ///
    /// With `oldKey` that key must be the replaced one, with `subject` it must be the key of that subject.
    ///
    /// - Throws: ``WireError``.
    public init(
        parsing value: TXTValue,
        now: UnixSeconds,
        oldKey: Ed25519.PublicKey? = nil,
        subject: KeySubject? = nil
    ) throws(WireError) {
        try self.init(
            verifying: value,
            now: now,
            signatureCount: 2,
            signers: RotationRecord.signers(ofBody:)
        )
        if let oldKey, self.body.oldKey != oldKey { throw .signerMismatch }
        if let subject, !self.body.subject.isSame(as: subject) { throw .nameMismatch }
    }

    /// Verifies a rotation of `subject` that may have expired: who walks a chain must know of such a hop, to stop there.
    ///
    /// - Throws: ``WireError``.
    package init(parsingExpiredToo value: TXTValue, now: UnixSeconds, subject: KeySubject) throws(WireError) {
        try self.init(
            verifying: value,
            now: nil,
            signatureCount: 2,
            signers: RotationRecord.signers(ofBody:)
        )
        guard self.body.subject.isSame(as: subject) else { throw .nameMismatch }
        guard !self.body.isExpired(at: now) else { return }
        try self.body.checkExpiry(at: now)
    }
}
