import DMPCrypto
import DMPTesting

@testable import DMPProtocol

/// Two users and records of theirs, the same in every run.
enum Samples {
    static let now = UnixSeconds(rawValue: 1_800_000_000)

    static let alice = keys(1)
    static let bob = keys(2)

    static func keys(_ byte: UInt8) -> IdentityKeys {
        do {
            return try IdentityKeys(privateKey: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
        } catch {
            fatalError("\(error)")
        }
    }

    static func manifest(
        shareCount: Int = 2,
        dataCount: Int = 1,
        hashes: [UInt8] = Array(repeating: 9, count: 64)
    ) throws -> SlotManifest {
        try SlotManifest(
            messageID: MessageID((0..<16).map { UInt8($0) }),
            sender: Self.alice.signingKey,
            recipient: Self.bob.userID,
            shareCount: shareCount,
            dataCount: dataCount,
            prekey: nil,
            issued: Self.now,
            expires: Self.now.adding(300),
            chunkHashes: hashes
        )
    }

    static func sealed(_ body: [UInt8], prekey: Prekey.ID? = nil, ttl: UInt64 = 300) throws -> SealedMessage {
        try SealedMessage.seal(
            body: body,
            from: Self.alice,
            to: Self.bob.userID,
            encryptingTo: Self.bob.encryptionKey,
            prekey: prekey,
            messageID: .random(),
            timestamp: Self.now,
            ttl: ttl
        )
    }

    static func header() throws -> MessageHeader {
        try MessageHeader(
            messageID: MessageID((0..<16).map { UInt8($0) }),
            sender: Self.alice.userID,
            recipient: Self.bob.userID,
            timestamp: Self.now,
            ttl: 300
        )
    }
}
