public import DMPCrypto

/// What a sender puts into a slot of the recipient's mailbox once all chunks of a message are published.
///
/// Body: 108 bytes without hashes, 108 + 32 · n with; integers big-endian.
///
/// | Offset | Bytes  | Field            | Meaning                                             |
/// |-------:|-------:|------------------|-----------------------------------------------------|
/// |      0 |     16 | ``messageID``    |                                                     |
/// |     16 |     32 | ``sender``       | Ed25519 key, verifies the signature                 |
/// |     48 |     32 | ``recipient``    | SHA-256 of the recipient's long-term X25519 key     |
/// |     80 |      4 | ``shareCount``   | n, chunks published                                 |
/// |     84 |      4 | ``dataCount``    | k, chunks needed                                    |
/// |     88 |      4 | ``prekey``       | 0 means "none": encrypted to the long-term key      |
/// |     92 |      8 | ``issued``       | Unix seconds                                        |
/// |    100 |      8 | ``expires``      | Unix seconds                                        |
/// |    108 | 32 · n | ``chunkHashes``  | SHA-256 of each chunk's 168 bytes, in order; or none |
///
/// Source: protocol documents, "TXT records", section 3.
public struct SlotManifest: Hashable, Sendable {
    /// The most chunks that a manifest may name. A message that can be decoded has at most 256.
    public static let maximumShareCount = 1024
    /// The bytes of one chunk hash.
    public static let hashByteCount = SHA256.byteCount

    /// Which message; it also decides the slot.
    public let messageID: MessageID
    /// Who signed the manifest and thereby all chunks.
    public let sender: Ed25519.PublicKey
    /// Whom the message is for.
    public let recipient: UserID
    /// n, at least k.
    public let shareCount: Int
    /// k, at least 1.
    public let dataCount: Int
    /// Which prekey of the recipient the message is sealed to; `nil` for the long-term key.
    public let prekey: Prekey.ID?
    /// When the message was sent. A hostile time may be any.
    public let issued: UnixSeconds
    /// The last second in which the manifest counts.
    public let expires: UnixSeconds
    /// The hashes one after the other, 32 · n bytes, or no bytes. Use ``chunkHash(at:)``.
    public let chunkHashes: [UInt8]

    /// - Throws: ``WireError/body(_:)`` unless 1 ≤ k ≤ n ≤ 1024 and the hashes are none or n.
    public init(
        messageID: MessageID,
        sender: Ed25519.PublicKey,
        recipient: UserID,
        shareCount: Int,
        dataCount: Int,
        prekey: Prekey.ID?,
        issued: UnixSeconds,
        expires: UnixSeconds,
        chunkHashes: [UInt8]
    ) throws(WireError) {
        guard (1...Self.maximumShareCount).contains(shareCount) else { throw .body(.shareCount) }
        guard (1...shareCount).contains(dataCount) else { throw .body(.dataCount) }
        guard chunkHashes.isEmpty || chunkHashes.count == shareCount * Self.hashByteCount else {
            throw .body(.chunkHashes)
        }
        self.messageID = messageID
        self.sender = sender
        self.recipient = recipient
        self.shareCount = shareCount
        self.dataCount = dataCount
        self.prekey = prekey
        self.issued = issued
        self.expires = expires
        self.chunkHashes = chunkHashes
    }

    /// Where in the recipient's mailbox the manifest stands.
    public var slot: Slot { self.messageID.slot }

    /// What the names of the chunks are made of.
    public var chunkKey: ChunkKey {
        ChunkKey(message: self.messageID, recipient: self.recipient, sender: self.sender)
    }

    /// The bytes of the TXT value of a manifest with this many chunk hashes.
    package static func textByteCount(shareCount: Int) -> Int {
        let bodyByteCount = Self.fixedByteCount + shareCount * Self.hashByteCount
        return Self.prefix.utf8CodeUnitCount + Base64.encodedByteCount(bodyByteCount + Ed25519.Signature.byteCount)
    }

    /// Whether the manifest's last second has passed.
    public func isExpired(at now: UnixSeconds) -> Bool { now > self.expires }

    /// The SHA-256 of chunk `index`, or `nil` where there is none.
    public func chunkHash(at index: Int) -> ArraySlice<UInt8>? {
        guard index >= 0, index < self.chunkHashes.count / Self.hashByteCount else { return nil }
        return self.chunkHashes[index * Self.hashByteCount..<(index + 1) * Self.hashByteCount]
    }
}

extension SlotManifest: SelfSignedBody {
    package static let prefix: StaticString = "v=dmp1;t=manifest;d="
    package static let bodyByteCounts = fixedByteCount...fixedByteCount + maximumShareCount * hashByteCount
    private static let fixedByteCount = 108

    package var signer: Ed25519.PublicKey { self.sender }

    package static func signer(ofBody body: ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey {
        var reader = ByteReader(body)
        _ = try MessageID(reader.read(MessageID.byteCount))
        let signer = try reader.readSigningKey()
        _ = try UserID(reader.read(UserID.byteCount))
        let shareCount = try Int(reader.readInteger(UInt32.self))
        // Before the signature, as it costs nothing: a body of any other length is not a manifest.
        guard body.count == Self.fixedByteCount || body.count == Self.fixedByteCount + shareCount * Self.hashByteCount
        else { throw .length(body.count) }
        return signer
    }

    package init(signedBody: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(signedBody)
        let messageID = try MessageID(reader.read(MessageID.byteCount))
        let sender = try reader.readSigningKey()
        let recipient = try UserID(reader.read(UserID.byteCount))
        let shareCount = try Int(reader.readInteger(UInt32.self))
        let dataCount = try Int(reader.readInteger(UInt32.self))
        let prekey = try reader.readInteger(UInt32.self)
        let issued = try UnixSeconds(rawValue: reader.readInteger())
        let expires = try UnixSeconds(rawValue: reader.readInteger())
        let hashes = try reader.read(reader.remaining)
        try self.init(
            messageID: messageID,
            sender: sender,
            recipient: recipient,
            shareCount: shareCount,
            dataCount: dataCount,
            prekey: prekey == 0 ? nil : Prekey.ID(prekey),
            issued: issued,
            expires: expires,
            chunkHashes: Array(hashes)
        )
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(self.messageID.bytes)
        writer.write(self.sender.bytes)
        writer.write(self.recipient.bytes)
        writer.writeInteger(UInt32(self.shareCount))
        writer.writeInteger(UInt32(self.dataCount))
        writer.writeInteger(self.prekey?.rawValue ?? 0)
        writer.writeInteger(self.issued.rawValue)
        writer.writeInteger(self.expires.rawValue)
        writer.write(self.chunkHashes)
    }

    package func checkExpiry(at now: UnixSeconds) throws(WireError) {
        try Self.checkLifetime(of: self.expires, at: now)
    }
}

extension Signed where Body == SlotManifest {
    /// Verifies a manifest under the key in it. Whether that key is one to trust is for the caller to know.
    ///
    /// - Throws: ``WireError``.
    public init(parsing value: TXTValue, now: UnixSeconds) throws(WireError) {
        try self.init(verifying: value, now: now, signer: SlotManifest.signer(ofBody:))
    }
}
