import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import Logging

/// Takes one message from its text to an acknowledged manifest.
struct MessageSender: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let publisher: MessagePublisher
    let outbox: Outbox
    let drawn: DrawnPrekeys
    let envelopeReaders: EnvelopeReaders
    let now: @Sendable () -> UnixSeconds

    /// How often a message is sealed anew because the node allows a shorter lifetime than was asked for.
    private static let lifetimeAttempts = 3

    @concurrent
    func send(
        _ body: [UInt8],
        to contact: Contact,
        lifetime: UInt64,
        deadline: ErasedClock.Instant
    ) async throws -> SendReceipt {
        guard contact.encryptionKey != nil else {
            throw MeshError(
                .contactWithoutEncryptionKey,
                "the encryption key of \(contact.name) isn't known; run `dnsmesh identity fetch USER@HOST --add`"
            )
        }
        try self.preflight(body.count, lifetime: lifetime)
        let digest = self.outbox.digest(contact: contact, body: body)
        if let waiting = try await self.outbox.entry(digest, now: self.now()) {
            try await self.publish(waiting, digest: digest, deadline: deadline)
            return try waiting.receipt(resumed: true)
        }
        let recipient = try await self.lookUp(contact, deadline: deadline)
        var lifetime = lifetime
        for attempt in 1...Self.lifetimeAttempts {
            let entry = try await self.seal(body, to: contact, knowing: recipient, lifetime: lifetime)
            try await self.outbox.put(entry, digest: digest)
            do {
                try await self.publish(entry, digest: digest, deadline: deadline)
                return try entry.receipt(resumed: false)
            } catch let refusal as LifetimeRefusal where attempt < Self.lifetimeAttempts && refusal.limit < lifetime {
                lifetime = refusal.limit
            } catch let refusal as LifetimeRefusal {
                throw refusal.asMeshError
            }
        }
        throw MeshError(.refused, "the node refuses every lifetime that was tried; ask its operator for the limit")
    }

    /// Publishes what earlier sends left behind, each message under its own records.
    ///
    /// - Returns: How many messages are on their way now.
    @concurrent
    func resumeWaiting(deadline: ErasedClock.Instant) async throws -> Int {
        var sent = 0
        for (digest, entry) in try await self.outbox.waiting(now: self.now()) {
            do {
                try await self.publish(entry, digest: digest, deadline: deadline)
                sent += 1
            } catch let error as MeshError where error.code == .unavailable {
                continue
            }
        }
        return sent
    }

    // MARK: - Steps

    /// Refuses what can't fit before anything is looked up or published.
    private func preflight(_ byteCount: Int, lifetime: UInt64) throws {
        guard lifetime > 0, lifetime <= 30 * 86_400 else {
            throw MeshError(
                .invalidArgument,
                "a message lives between 1 second and 30 days; \(lifetime) s was asked for"
            )
        }
        let limit = MessagePlan.largestBody(
            valueByteLimit: self.configuration.valueByteLimit,
            timestamp: self.now(),
            ttl: lifetime
        )
        guard byteCount <= limit else { throw Self.tooLong(byteCount, limit: limit) }
    }

    private static func tooLong(_ byteCount: Int, limit: Int) -> MeshError {
        MeshError(
            .messageTooLong,
            "message too long: \(byteCount) bytes, at most \(limit) fit; shorten it or send it in parts"
        )
    }

    private struct RecipientFacts {
        var prekeyValues: [TXTValue] = []
        var prekeyFailure: SendReceipt.ForwardSecrecy.Reason?
        var readsEnvelopes = false
    }

    /// Asks for prekeys and capabilities at the same time.
    private func lookUp(_ contact: Contact, deadline: ErasedClock.Instant) async throws -> RecipientFacts {
        let lookup = RecipientLookup(reader: self.reader, ownZone: self.configuration.zone, deadline: deadline)
        async let prekeys = contact.signingKey == nil ? nil : lookup.prekeys(of: contact)
        async let envelopes = self.readsEnvelopes(contact, lookup: lookup)
        var facts = RecipientFacts()
        switch try await prekeys {
        case .records(let values): facts.prekeyValues = values
        case .absent: facts.prekeyFailure = .nonePublished
        case .unavailable: facts.prekeyFailure = .unavailable
        case nil: facts.prekeyFailure = .notPinned
        }
        facts.readsEnvelopes = try await envelopes
        return facts
    }

    private func readsEnvelopes(_ contact: Contact, lookup: RecipientLookup) async throws -> Bool {
        guard self.configuration.address != nil else { return false }
        if let known = await self.envelopeReaders.knows(contact) { return known }
        guard let reads = try await lookup.readsEnvelopes(contact, now: self.now()) else { return false }
        await self.envelopeReaders.remember(contact, reads: reads)
        return reads
    }

    private func seal(
        _ body: [UInt8],
        to contact: Contact,
        knowing facts: RecipientFacts,
        lifetime: UInt64
    ) async throws -> OutboxEntry {
        let issued = self.now()
        let plaintext = self.wrapped(body, facts: facts)
        let limit = MessagePlan.largestBody(
            valueByteLimit: self.configuration.valueByteLimit,
            timestamp: issued,
            ttl: lifetime
        )
        guard plaintext.count <= limit else {
            throw Self.tooLong(body.count, limit: limit - (plaintext.count - body.count))
        }
        let draft = Draft(plaintext: plaintext, contact: contact, issued: issued, lifetime: lifetime)
        var reason = facts.prekeyFailure
        if let signer = contact.signingKey, !facts.prekeyValues.isEmpty {
            if let message = try await self.sealForPrekey(draft, signer: signer, values: facts.prekeyValues) {
                return try self.entry(message, draft: draft, facts: facts, reason: nil)
            }
            reason = .noneUsable
        }
        guard let longTermKey = contact.encryptionKey else { throw self.unusableKey(of: contact, nil) }
        do {
            let message = try self.sealed(draft, for: longTermKey, prekey: nil)
            return try self.entry(message, draft: draft, facts: facts, reason: reason ?? .nonePublished)
        } catch MessageError.crypto(let error) {
            throw self.unusableKey(of: contact, error)
        }
    }

    private struct Draft {
        let plaintext: [UInt8]
        let contact: Contact
        let issued: UnixSeconds
        let lifetime: UInt64

        var expires: UnixSeconds { self.issued.adding(self.lifetime) }
    }

    private func wrapped(_ body: [UInt8], facts: RecipientFacts) -> [UInt8] {
        guard facts.readsEnvelopes, let address = self.configuration.address else { return body }
        return Envelope.wrap(body, from: address) ?? body
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

    /// - Throws: `MessageError`, with the case `crypto` if the key can't be sealed for.
    private func sealed(_ draft: Draft, for key: X25519.PublicKey, prekey: Prekey.ID?) throws -> SealedMessage {
        guard let recipientKey = draft.contact.encryptionKey else { throw self.unusableKey(of: draft.contact, nil) }
        return try SealedMessage.seal(
            body: draft.plaintext,
            from: self.keys,
            to: UserID(of: recipientKey),
            encryptingTo: key,
            prekey: prekey,
            messageID: .random(),
            timestamp: draft.issued,
            ttl: draft.lifetime
        )
    }

    private func unusableKey(of contact: Contact, _ error: (any Error)?) -> MeshError {
        MeshError(
            .unusableKey,
            "the encryption key of \(contact.name) can't be used; ask for the right one",
            underlying: error
        )
    }

    private func entry(
        _ message: SealedMessage,
        draft: Draft,
        facts: RecipientFacts,
        reason: SendReceipt.ForwardSecrecy.Reason?
    ) throws -> OutboxEntry {
        let zone = self.configuration.zone
        let chunks = try message.chunks.enumerated().map { index, value in
            OutboxEntry.PlannedRecord(
                owner: try OwnerName.chunk(index, of: message.key, in: zone).text,
                value: Data(value.bytes)
            )
        }
        let manifest = message.manifest
        return OutboxEntry(
            contact: draft.contact.name,
            messageID: message.messageID.bytes,
            chunks: chunks,
            manifest: OutboxEntry.PlannedRecord(
                owner: try OwnerName.slot(message.slot, of: manifest.body.recipient, in: zone).text,
                value: Data(manifest.value.bytes)
            ),
            neededChunkCount: manifest.body.dataCount,
            expires: draft.expires.rawValue,
            lifetime: draft.lifetime,
            prekey: message.prekey?.rawValue,
            noPrekeyReason: reason,
            carriesAddress: facts.readsEnvelopes && self.configuration.address != nil
        )
    }

    private func publish(_ entry: OutboxEntry, digest: [UInt8], deadline: ErasedClock.Instant) async throws {
        do {
            try await self.publisher.publish(entry, now: self.now(), deadline: deadline)
        } catch let error as MeshError where error.code == .unavailable {
            throw error  // the entry stays: the next try sends the same bytes
        } catch let error where error is MeshError || error is LifetimeRefusal {
            try await self.outbox.remove(digest)
            try await self.publisher.withdrawChunks(of: entry, deadline: deadline)
            throw error
        }
        try await self.outbox.remove(digest)
    }
}

extension OutboxEntry {
    func receipt(resumed: Bool) throws -> SendReceipt {
        SendReceipt(
            messageID: try MessageID(self.messageID),
            contact: self.contact,
            chunkCount: self.chunks.count,
            neededChunkCount: self.neededChunkCount,
            forwardSecrecy: self.prekey.map(SendReceipt.ForwardSecrecy.prekey)
                ?? .none(self.noPrekeyReason ?? .nonePublished),
            carriesAddress: self.carriesAddress,
            expires: UnixSeconds(rawValue: self.expires),
            lifetime: self.lifetime,
            resumed: resumed
        )
    }
}
