import DMPNetwork
import DMPProtocol
import DNSTransport
import Logging

/// Takes one message from its text to an acknowledged manifest.
struct MessageSender: Sendable {
    let sealer: MessageSealer
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let publisher: MessagePublisher
    let outbox: Outbox
    let envelopeReaders: EnvelopeReaders
    let clock: ErasedClock
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    /// How long is waited for prekeys and capabilities; a message can go without both.
    private static let lookupTimeout = Duration.seconds(10)

    @concurrent
    func send(
        _ body: [UInt8],
        to contact: Contact,
        lifetime: MessageLifetime,
        deadline: ErasedClock.Instant
    ) async throws -> SendReceipt {
        guard contact.encryptionKey != nil else { throw MeshError.noEncryptionKey(of: contact) }
        try self.sealer.preflight(body.count, lifetime: lifetime)
        let digest = self.outbox.digest(contact: contact, body: body)
        if let failed = try await self.outbox.takeFailed(digest, now: self.now()) {
            return try await self.publish(failed, resumed: true, deadline: deadline)
        }
        let recipient = try await self.lookUp(
            contact,
            deadline: min(deadline, self.clock.now.advanced(by: Self.lookupTimeout))
        )
        let entry = try await self.sealer.seal(body, for: contact, knowing: recipient, lifetime: lifetime)
        try await self.outbox.add(entry, digest: digest, now: self.now())
        return try await self.publish(entry, resumed: false, deadline: deadline)
    }

    /// Publishes what earlier sends left behind, each message with its own records. One that fails stays for later and
    /// keeps no other.
    ///
    /// - Returns: How many messages are on their way now.
    @concurrent
    func resumeWaiting(deadline: ErasedClock.Instant) async throws -> Int {
        var sent = 0
        for entry in try await self.outbox.takeWaiting(now: self.now()) {
            do {
                _ = try await self.publisher.publish(entry, deadline: deadline)
                sent += 1
            } catch let error as MeshError {
                self.logger.warning("a message to \(entry.contact) still waits: \(error)")
            }
        }
        return sent
    }

    private func publish(
        _ entry: OutboxEntry,
        resumed: Bool,
        deadline: ErasedClock.Instant
    ) async throws -> SendReceipt {
        let limit = try await self.publisher.publish(entry, deadline: deadline)
        return try entry.receipt(lifetime: min(limit ?? entry.lifetime, entry.lifetime), resumed: resumed)
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
}

extension OutboxEntry {
    func receipt(lifetime: UInt64, resumed: Bool) throws -> SendReceipt {
        SendReceipt(
            messageID: try MessageID(self.messageID),
            contact: self.contact,
            chunkCount: self.chunks.count,
            neededChunkCount: self.neededChunkCount,
            forwardSecrecy: self.prekey.map(SendReceipt.ForwardSecrecy.prekey)
                ?? .none(self.noPrekeyReason ?? .nonePublished),
            carriesAddress: self.carriesAddress,
            expires: UnixSeconds(rawValue: self.expires),
            lifetime: lifetime,
            resumed: resumed
        )
    }
}
