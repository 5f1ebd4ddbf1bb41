import DMPCrypto
import DMPProtocol
import ErasureCoding

/// A message between two users, at every step from text to records.
struct Fixture {
    static let now = UnixSeconds(rawValue: 1_800_000_000)
    static let ttl: UInt64 = 300

    let body: [UInt8]
    let alice: IdentityKeys
    let bob: IdentityKeys
    let zone: ZoneName
    let messageID: MessageID
    let header: MessageHeader
    let outer: [UInt8]
    let code: ErasureCode
    let shares: [UInt8]
    let wires: [ChunkWire]
    let hashes: [UInt8]
    let message: SealedMessage

    init(size: Int) throws {
        var random = SplitMix(seed: 7)
        self.body = (0..<size).map { _ in UInt8.random(in: 97...122, using: &random) }
        self.alice = try IdentityKeys(privateKey: SecretBytes(copying: random.bytes(32)))
        self.bob = try IdentityKeys(privateKey: SecretBytes(copying: random.bytes(32)))
        self.zone = try ZoneName("bench.test")
        self.messageID = try MessageID(random.bytes(16))
        self.header = try MessageHeader(
            messageID: self.messageID,
            sender: self.alice.userID,
            recipient: self.bob.userID,
            timestamp: Self.now,
            ttl: Self.ttl
        )
        self.outer = try Self.encrypt(self.body, header: self.header, to: self.bob.encryptionKey)
        self.code = try ErasureCode(messageByteCount: self.outer.count)
        self.shares = try self.code.encode(self.outer[...])
        self.wires = try ChunkWire.wrap(self.shares[...])
        self.hashes = self.wires.flatMap(\.hash)
        self.message = try Self.seal(self.body, from: self.alice, to: self.bob, as: self.messageID)
    }

    static func encrypt(_ body: [UInt8], header: MessageHeader, to key: X25519.PublicKey) throws -> [UInt8] {
        let payload = try SessionCipher.seal(body, to: key, authenticating: header.associatedData(prekey: nil))
        return OuterMessage(header: header, payload: payload).encoded
    }

    static func seal(
        _ body: [UInt8],
        from sender: IdentityKeys,
        to recipient: IdentityKeys,
        as messageID: MessageID,
        under prekey: Prekey? = nil
    ) throws -> SealedMessage {
        try SealedMessage.seal(
            body: body,
            from: sender,
            to: recipient.userID,
            encryptingTo: prekey?.publicKey ?? recipient.encryptionKey,
            prekey: prekey?.id,
            messageID: messageID,
            timestamp: Self.now,
            ttl: Self.ttl
        )
    }

    /// The shares with these numbers, as the decoder takes them.
    func numbered(_ indices: Range<Int>) -> [(index: Int, block: ArraySlice<UInt8>)] {
        indices.map { index in
            let start = ErasureCode.blockByteCount * index
            return (index, self.shares[start..<start + ErasureCode.blockByteCount])
        }
    }
}
