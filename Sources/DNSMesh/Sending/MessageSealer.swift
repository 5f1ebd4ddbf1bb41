import DMPCrypto
import DMPProtocol
import Foundation

/// What the network says of a recipient at the moment of sending.
struct RecipientFacts: Sendable {
    var prekeyValues: [TXTValue] = []
    /// Why there are no prekeys to draw from.
    var prekeyFailure: SendReceipt.ForwardSecrecy.Reason?
    var readsEnvelopes = false
}

/// How long a message is to live.
struct MessageLifetime: Sendable {
    let seconds: UInt64
    /// Whether a shorter one will do if the message fits only then.
    let mayBeShortened: Bool
}

/// Turns a body into the sealed records of one message.
struct MessageSealer: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    /// The largest TXT value that can be written, in bytes; `nil` for no limit.
    let valueByteLimit: Int?
    let drawn: DrawnPrekeys
    let now: @Sendable () -> UnixSeconds

    /// Receivers refuse what lives longer than 30 days; five minutes less, as their clocks may be behind.
    private static let longestLifetime: UInt64 = 30 * 86_400 - 300

    /// Refuses what can't fit, before anything is looked up or published.
    func preflight(_ byteCount: Int, lifetime: MessageLifetime) throws(MeshError) {
        guard (1...Self.longestLifetime).contains(lifetime.seconds) else {
            throw MeshError(
                .invalidArgument,
                "a message lives between 1 second and 30 days; \(lifetime.seconds) s was asked for"
            )
        }
        _ = try self.fittingLifetime(byteCount, lifetime: lifetime, timestamp: self.now())
    }

    /// How many records a message has, its envelope left out.
    func recordCount(_ byteCount: Int, lifetime: MessageLifetime) -> Int {
        do throws(MessageError) {
            let plan = try MessagePlan(bodyByteCount: byteCount, timestamp: self.now(), ttl: lifetime.seconds)
            return plan.shareCount + 1
        } catch {
            return 1  // too long: it will be refused
        }
    }

    /// Seals the body, for a prekey that was never used if there is one.
    ///
    /// - Parameters:
    ///   - body: What is sealed.
    ///   - contact: For whom.
    ///   - facts: What the network says of the contact.
    ///   - lifetime: How long it is to live.
    ///   - messageID: That of an earlier sealing of the same message; `nil` for a new message.
    /// - Returns: The records, and what its receipt needs.
    /// - Throws: ``MeshError`` if it doesn't fit or the contact's key can't be used.
    func seal(
        _ body: [UInt8],
        for contact: Contact,
        knowing facts: RecipientFacts,
        lifetime: MessageLifetime,
        messageID: MessageID?
    ) async throws -> OutboxEntry {
        let issued = self.now()
        let wrapped = self.wrapped(body, facts: facts)
        let plaintext = wrapped ?? body
        let envelope = plaintext.count - body.count
        let seconds = try self.fittingLifetime(
            body.count,
            envelope: envelope,
            lifetime: lifetime,
            timestamp: issued
        )
        let draft = Draft(
            plaintext: plaintext,
            contact: contact,
            messageID: messageID ?? .random(),
            issued: issued,
            lifetime: seconds,
            carriesAddress: wrapped != nil
        )
        guard let signer = contact.signingKey, !facts.prekeyValues.isEmpty else {
            return try self.sealForLongTermKey(draft, reason: facts.prekeyFailure ?? .nonePublished)
        }
        if let message = try await self.sealForPrekey(draft, signer: signer, values: facts.prekeyValues) {
            return try draft.entry(message, in: self.configuration.zone, reason: nil)
        }
        return try self.sealForLongTermKey(draft, reason: .noneUsable)
    }

    // MARK: - Steps

    private func largestBody(lifetime: UInt64, timestamp: UnixSeconds) -> Int {
        MessagePlan.largestBody(valueByteLimit: self.valueByteLimit, timestamp: timestamp, ttl: lifetime)
    }

    /// The lifetime with which the body fits. Its digits take room in the header, so that the last two bytes of the
    /// longest messages need a short one; it is shortened only if the caller left it open.
    private func fittingLifetime(
        _ byteCount: Int,
        envelope: Int = 0,
        lifetime: MessageLifetime,
        timestamp: UnixSeconds
    ) throws(MeshError) -> UInt64 {
        let shorter: [UInt64] = lifetime.mayBeShortened ? [9_999, 999] : []
        for seconds in [lifetime.seconds] + shorter where seconds <= lifetime.seconds {
            if byteCount + envelope <= self.largestBody(lifetime: seconds, timestamp: timestamp) { return seconds }
        }
        let limit = max(0, self.largestBody(lifetime: lifetime.seconds, timestamp: timestamp) - envelope)
        let roomiest = max(0, self.largestBody(lifetime: 999, timestamp: timestamp) - envelope)
        let hint = limit < roomiest ? " (\(roomiest) with a lifetime below 1000 s)" : ""
        throw MeshError(
            .messageTooLong,
            "message too long: \(byteCount) bytes, at most \(limit) fit\(hint); shorten it or send it in parts"
        )
    }

    /// The body inside an envelope, or `nil` if it goes bare.
    private func wrapped(_ body: [UInt8], facts: RecipientFacts) -> [UInt8]? {
        // A text that looks like an envelope would lose its first line; inside a real one it doesn't.
        guard facts.readsEnvelopes || Envelope.looksLikeEnvelope(body) else { return nil }
        return self.configuration.address.flatMap { Envelope.wrap(body, from: $0) }
    }

    /// Seals for the first prekey that was never used and whose point is usable.
    private func sealForPrekey(
        _ draft: Draft,
        signer: Ed25519.PublicKey,
        values: [TXTValue]
    ) async throws -> SealedMessage? {
        var draw = PrekeyDraw(from: values, signer: signer, messageExpires: draft.expires, now: draft.issued)
        while let prekey = draw.next() {
            let kept = prekey.expires.adding(PrekeyStore.graceSeconds)
            guard try await self.drawn.take(prekey.id, of: signer, expires: kept, now: draft.issued) else { continue }
            do {
                return try self.sealed(draft, for: prekey.publicKey, prekey: prekey.id)
            } catch MessageError.crypto {
                continue  // a point of small order: the next one may be sound
            }
        }
        return nil
    }

    private func sealForLongTermKey(
        _ draft: Draft,
        reason: SendReceipt.ForwardSecrecy.Reason
    ) throws -> OutboxEntry {
        guard let key = draft.contact.encryptionKey else { throw MeshError.noEncryptionKey(of: draft.contact) }
        do {
            let message = try self.sealed(draft, for: key, prekey: nil)
            return try draft.entry(message, in: self.configuration.zone, reason: reason)
        } catch MessageError.crypto(let error) {
            throw MeshError(
                .unusableKey,
                "the encryption key of \(draft.contact.name) can't be used; ask for the right one",
                underlying: error
            )
        }
    }

    /// - Throws: `MessageError`, with the case `crypto` if the key can't be sealed for.
    private func sealed(_ draft: Draft, for key: X25519.PublicKey, prekey: Prekey.ID?) throws -> SealedMessage {
        guard let recipientKey = draft.contact.encryptionKey else { throw MeshError.noEncryptionKey(of: draft.contact) }
        return try SealedMessage.seal(
            body: draft.plaintext,
            from: self.keys,
            to: UserID(of: recipientKey),
            encryptingTo: key,
            prekey: prekey,
            messageID: draft.messageID,
            timestamp: draft.issued,
            ttl: draft.lifetime
        )
    }
}

/// A message about to be sealed.
private struct Draft {
    let plaintext: [UInt8]
    let contact: Contact
    let messageID: MessageID
    let issued: UnixSeconds
    let lifetime: UInt64
    let carriesAddress: Bool

    var expires: UnixSeconds { self.issued.adding(self.lifetime) }

    /// The records as they will be published, with their names.
    func entry(
        _ message: SealedMessage,
        in zone: ZoneName,
        reason: SendReceipt.ForwardSecrecy.Reason?
    ) throws -> OutboxEntry {
        let manifest = message.manifest
        let slot = try OwnerName.slot(message.slot, of: manifest.body.recipient, in: zone)
        return OutboxEntry(
            contact: self.contact.name,
            messageID: message.messageID.bytes,
            chunks: try message.chunks.enumerated().map { index, value in
                let owner = try OwnerName.chunk(index, of: message.key, in: zone)
                return OutboxEntry.PlannedRecord(owner: owner.text, value: Data(value.bytes))
            },
            manifest: OutboxEntry.PlannedRecord(owner: slot.text, value: Data(manifest.value.bytes)),
            neededChunkCount: manifest.body.dataCount,
            expires: self.expires.rawValue,
            lifetime: self.lifetime,
            prekey: message.prekey?.rawValue,
            noPrekeyReason: reason,
            carriesAddress: self.carriesAddress,
            recipientKey: self.contact.encryptionKey.map { Data($0.bytes) }
        )
    }
}

extension MeshError {
    static func noEncryptionKey(of contact: Contact) -> MeshError {
        MeshError(
            .contactWithoutEncryptionKey,
            "the encryption key of \(contact.name) isn't known; run `dnsmesh identity fetch USER@HOST --add`"
        )
    }
}
