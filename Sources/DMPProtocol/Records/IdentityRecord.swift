public import DMPCrypto

/// Who a user is: the name and both public keys, published by the user.
///
/// Body: 73 + u bytes, then 1 + v bytes if the versions are written; integers big-endian.
///
/// | Offset | Bytes | Field             | Meaning                                      |
/// |-------:|------:|-------------------|----------------------------------------------|
/// |      0 |     1 |                   | u, 1...64                                    |
/// |      1 |     u | ``username``      | UTF-8, any characters                        |
/// |  1 + u |    32 | ``encryptionKey`` | X25519                                       |
/// | 33 + u |    32 | ``signingKey``    | Ed25519, verifies the signature              |
/// | 65 + u |     8 | ``issued``        | Unix seconds                                 |
/// | 73 + u |     1 |                   | v, 1...255                                   |
/// | 74 + u |     v | ``versions``      | one byte each, rising                        |
///
/// Without the last two fields the versions are just 1, and that set is written without them: clients before 0.7.5
/// refuse whatever follows the time.
///
/// Source: protocol documents, "TXT records", section 4.
public struct IdentityRecord: Hashable, Sendable {
    /// The versions of the message format of those who do not say: only the first.
    public static let defaultVersions: [UInt8] = [1]
    /// The version whose messages may begin with the sender's address.
    public static let envelopeVersion: UInt8 = 2

    /// 1 to 64 bytes. It may hold line breaks and control characters: escape it before it is shown.
    public let username: String
    /// What messages to the user are sealed to when no prekey is at hand. Any 32 bytes.
    public let encryptionKey: X25519.PublicKey
    /// What verifies this record and all others of the user.
    public let signingKey: Ed25519.PublicKey
    /// When the record was made; the latest record of one pair of keys counts.
    public let issued: UnixSeconds
    /// The versions of the message format that the user reads: at least one, rising.
    public let versions: [UInt8]

    /// Takes the versions in any order.
    ///
    /// - Throws: ``WireError/body(_:)`` unless the name has 1 to 64 bytes and there are 1 to 255 versions.
    public init(
        username: String,
        encryptionKey: X25519.PublicKey,
        signingKey: Ed25519.PublicKey,
        issued: UnixSeconds,
        versions: [UInt8] = defaultVersions
    ) throws(WireError) {
        guard (1...Username.maximumByteCount).contains(username.utf8.count) else { throw .body(.username) }
        let sorted = Set(versions).sorted()
        guard (1...255).contains(sorted.count) else { throw .body(.versions) }
        self.username = username
        self.encryptionKey = encryptionKey
        self.signingKey = signingKey
        self.issued = issued
        self.versions = sorted
    }

    /// What the user should read out when asked.
    public var fingerprint: Fingerprint {
        Fingerprint(encryptionKey: self.encryptionKey, signingKey: self.signingKey)
    }

    /// What messages to the user are addressed to.
    public var userID: UserID { UserID(of: self.encryptionKey) }

    /// Whether messages to this user may carry the sender's address.
    public var readsEnvelopes: Bool { self.versions.contains(Self.envelopeVersion) }
}

extension IdentityRecord: SelfSignedBody {
    package static let prefix: StaticString = "v=dmp1;t=identity;d="
    package static let bodyByteCounts = 74...73 + Username.maximumByteCount + 1 + 255

    package var signer: Ed25519.PublicKey { self.signingKey }

    package static func signer(ofBody body: ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey {
        var reader = ByteReader(body)
        _ = try Self.readUsernameBytes(&reader)
        _ = try reader.readEncryptionKey()
        return try reader.readSigningKey()
    }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        guard let username = String(validating: try Self.readUsernameBytes(&reader), as: UTF8.self) else {
            throw .body(.username)
        }
        self.username = username
        self.encryptionKey = try reader.readEncryptionKey()
        self.signingKey = try reader.readSigningKey()
        self.issued = try UnixSeconds(rawValue: reader.readInteger())
        self.versions = reader.remaining == 0 ? Self.defaultVersions : try Self.readVersions(&reader)
        try reader.expectEnd()
    }

    package func encode(into writer: inout ByteWriter) {
        writer.writeInteger(UInt8(self.username.utf8.count))
        writer.write(self.username.utf8)
        writer.write(self.encryptionKey.bytes)
        writer.write(self.signingKey.bytes)
        writer.writeInteger(self.issued.rawValue)
        guard self.versions != Self.defaultVersions else { return }
        writer.writeInteger(UInt8(self.versions.count))
        writer.write(self.versions)
    }

    /// An identity does not expire.
    package func checkExpiry(at now: UnixSeconds) {}

    private static func readUsernameBytes(_ reader: inout ByteReader) throws(WireError) -> ArraySlice<UInt8> {
        let count = try Int(reader.readInteger(UInt8.self))
        guard (1...Username.maximumByteCount).contains(count) else { throw .body(.username) }
        return try reader.read(count)
    }

    private static func readVersions(_ reader: inout ByteReader) throws(WireError) -> [UInt8] {
        let count = try Int(reader.readInteger(UInt8.self))
        let versions = Array(try reader.read(count))
        guard !versions.isEmpty, zip(versions, versions.dropFirst()).allSatisfy(<) else { throw .body(.versions) }
        return versions
    }
}

extension Signed where Body == IdentityRecord {
    /// Verifies an identity under the key in it. Whether that key is one to trust is for the caller to know.
    ///
    /// The time is not looked at, as identities do not expire: it is there because all records are read alike.
    ///
    /// - Throws: ``WireError``.
    public init(parsing value: TXTValue, now: UnixSeconds) throws(WireError) {
        try self.init(verifying: value, now: now, signer: IdentityRecord.signer(ofBody:))
    }
}
