package import DMPCrypto
private import ErasureCoding

/// A message ready to be published: all of its chunks first, then the manifest. A retry sends the same bytes.
package struct SealedMessage: Hashable, Sendable {
    package let manifest: Signed<SlotManifest>
    /// All n chunks in order.
    package let chunks: [TXTValue]
    /// What the names of the chunks are made of.
    package let key: ChunkKey

    package var messageID: MessageID { self.manifest.body.messageID }
    package var slot: Slot { self.manifest.body.slot }
    package var prekey: Prekey.ID? { self.manifest.body.prekey }

    /// Seals a text with a fresh key pair and nonce.
    ///
    /// - Parameters:
    ///   - body: The text, envelope included.
    ///   - keys: Of the sender.
    ///   - recipient: The hash of the recipient's long-term key.
    ///   - encryptionKey: The recipient's prekey, or the long-term key without one.
    ///   - prekey: The id of the prekey, or `nil`.
    ///   - messageID: A new one, or the same one for the same bytes.
    ///   - timestamp: The time of sending.
    ///   - ttl: Seconds; the manifest expires at `timestamp` + `ttl`.
    /// - Returns: The records.
    /// - Throws: ``MessageError/tooLong(byteCount:limit:)``, ``MessageError/timeOutOfRange``,
    ///   ``MessageError/crypto(_:)`` for an `encryptionKey` of small order.
    package static func seal(
        body: [UInt8],
        from keys: IdentityKeys,
        to recipient: UserID,
        encryptingTo encryptionKey: X25519.PublicKey,
        prekey: Prekey.ID?,
        messageID: MessageID,
        timestamp: UnixSeconds,
        ttl: UInt64
    ) throws(MessageError) -> SealedMessage {
        try Self.seal(
            body: body,
            from: keys,
            to: recipient,
            encryptingTo: encryptionKey,
            prekey: prekey,
            messageID: messageID,
            timestamp: timestamp,
            ttl: ttl,
            ephemeral: .random(),
            nonce: .random()
        )
    }

    /// Seals with a given key pair and nonce, neither of which may ever be used again.
    package static func seal(
        body: [UInt8],
        from keys: IdentityKeys,
        to recipient: UserID,
        encryptingTo encryptionKey: X25519.PublicKey,
        prekey: Prekey.ID?,
        messageID: MessageID,
        timestamp: UnixSeconds,
        ttl: UInt64,
        ephemeral: consuming X25519.SecretKey,
        nonce: ChaCha20Poly1305.Nonce
    ) throws(MessageError) -> SealedMessage {
        let plan = try MessagePlan(bodyByteCount: body.count, timestamp: timestamp, ttl: ttl)
        let header = try MessageHeader(
            messageID: messageID,
            sender: keys.userID,
            recipient: recipient,
            timestamp: timestamp,
            ttl: ttl
        )
        let outer: OuterMessage
        do throws(CryptoError) {
            let payload = try SessionCipher.seal(
                body,
                to: encryptionKey,
                authenticating: header.associatedData(prekey: prekey),
                ephemeral: ephemeral,
                nonce: nonce
            )
            outer = OuterMessage(header: header, payload: payload)
        } catch {
            throw .crypto(error)
        }
        do {
            let (chunks, hashes) = try Self.split(outer.encoded, plan: plan)
            let manifest = try SlotManifest(
                messageID: messageID,
                sender: keys.signingKey,
                recipient: recipient,
                shareCount: plan.shareCount,
                dataCount: plan.dataCount,
                prekey: prekey,
                issued: timestamp,
                expires: timestamp.adding(ttl),
                chunkHashes: hashes
            )
            return SealedMessage(
                manifest: try manifest.signed(by: keys.ed25519),
                chunks: chunks,
                key: manifest.chunkKey
            )
        } catch {
            // Sizes are all that codes and manifest refuse here, and the plan has seen to them.
            let limit = MessagePlan.largestBody(valueByteLimit: nil, timestamp: timestamp, ttl: ttl)
            throw .tooLong(byteCount: body.count, limit: limit)
        }
    }

    /// Spreads the outer message over chunks.
    ///
    /// - Throws: ``ErasureError``, ``WireError``, for counts and lengths that a plan never has.
    private static func split(
        _ outer: [UInt8],
        plan: MessagePlan
    ) throws -> (chunks: [TXTValue], hashes: [UInt8]) {
        let code = try ErasureCode(dataCount: plan.dataCount, shareCount: plan.shareCount)
        let shares = try code.encode(outer[...])
        var chunks: [TXTValue] = []
        chunks.reserveCapacity(plan.shareCount)
        var hashes: [UInt8] = []
        hashes.reserveCapacity(plan.shareCount * SlotManifest.hashByteCount)
        for wire in try ChunkWire.wrap(shares[...]) {
            chunks.append(wire.value)
            wire.appendHash(to: &hashes)
        }
        return (chunks, hashes)
    }
}
