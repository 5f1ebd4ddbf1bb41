import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import Logging

/// Takes one message from its text to an acknowledged manifest.
struct MessageSender: Sendable {
    let sealer: MessageSealer
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let publisher: MessagePublisher
    let outbox: Outbox
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
        guard contact.encryptionKey != nil else { throw MeshError.noEncryptionKey(of: contact) }
        try self.sealer.preflight(body.count, lifetime: lifetime)
        let digest = self.outbox.digest(contact: contact, body: body)
        if let waiting = try await self.outbox.entry(digest, now: self.now()) {
            try await self.publish(waiting, digest: digest, deadline: deadline)
            return try waiting.receipt(resumed: true)
        }
        let recipient = try await self.lookUp(contact, deadline: deadline)
        var lifetime = lifetime
        for attempt in 1...Self.lifetimeAttempts {
            let entry = try await self.sealer.seal(body, for: contact, knowing: recipient, lifetime: lifetime)
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
