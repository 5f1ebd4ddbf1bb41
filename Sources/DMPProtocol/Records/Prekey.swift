public import DMPCrypto

/// The public half of a one-time key, used by a sender in place of the recipient's long-term key.
///
/// Body: 44 bytes, integers big-endian.
///
/// | Offset | Bytes | Field         | Meaning                        |
/// |-------:|------:|---------------|--------------------------------|
/// |      0 |     4 | ``id``        | 1...2³²−1; 0 means "no prekey" |
/// |      4 |    32 | ``publicKey`` | X25519 u-coordinate            |
/// |     36 |     8 | ``expires``   | Unix seconds                   |
///
/// Nothing in the record names the user: it verifies wherever it is copied. The key may be of small order.
///
/// Source: protocol documents, "TXT records", section 5.
public struct Prekey: Hashable, Sendable {
    /// The number that manifests name it by, different for each prekey of a user.
    public let id: ID
    /// What one message is sealed to.
    public let publicKey: X25519.PublicKey
    /// The last second in which the prekey counts.
    public let expires: UnixSeconds

    /// A prekey that is still to be signed.
    public init(id: ID, publicKey: X25519.PublicKey, expires: UnixSeconds) {
        self.id = id
        self.publicKey = publicKey
        self.expires = expires
    }

    /// Whether the prekey's last second has passed.
    public func isExpired(at now: UnixSeconds) -> Bool { now > self.expires }

    /// The number by which a slot manifest names a prekey.
    public struct ID: Hashable, Sendable {
        /// 1 to 2³²−1.
        public let rawValue: UInt32

        /// - Throws: ``WireError/body(_:)`` for 0, which a manifest uses for "no prekey".
        public init(_ rawValue: UInt32) throws(WireError) {
            guard rawValue != 0 else { throw .body(.prekeyID) }
            self.rawValue = rawValue
        }

        private init(random rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// One of 1...2³²−1, each equally likely.
        public static func random() -> ID {
            ID(random: SecureRandom.uint32(below: .max) + 1)
        }
    }
}

extension Prekey: RecordBody {
    package static let prefix: StaticString = "v=dmp1;t=prekey;d="
    package static let bodyByteCounts = 44...44

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        self.id = try ID(reader.readInteger())
        self.publicKey = try reader.readEncryptionKey()
        self.expires = try UnixSeconds(rawValue: reader.readInteger())
        try reader.expectEnd()
    }

    package func encode(into writer: inout ByteWriter) {
        writer.writeInteger(self.id.rawValue)
        writer.write(self.publicKey.bytes)
        writer.writeInteger(self.expires.rawValue)
    }

    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        try Self.checkLifetime(of: self.expires, at: now)
    }

    /// Signs with the Ed25519 key of the identity that holds the private half.
    package func signed(by key: borrowing Ed25519.SecretKey) -> Signed<Prekey> {
        Signed(signing: self, with: key)
    }
}

extension Signed where Body == Prekey {
    /// Verifies a prekey under the Ed25519 key of the identity whose prekey it shall be.
    ///
    /// - Throws: ``WireError``.
    public init(parsing value: TXTValue, now: UnixSeconds, signer: Ed25519.PublicKey) throws(WireError) {
        try self.init(verifying: value, now: now) { _ in signer }
    }
}
