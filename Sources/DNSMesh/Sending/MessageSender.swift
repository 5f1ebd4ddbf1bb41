import DMPCrypto
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
    let renewal: ContactRenewal
    let places: PublishingPlaces
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
        try await self.outbox.presence.during {
            try await self.sendOnce(body, to: contact, lifetime: lifetime, deadline: deadline)
        }
    }

    private func sendOnce(
        _ body: [UInt8],
        to contact: Contact,
        lifetime: MessageLifetime,
        deadline: ErasedClock.Instant
    ) async throws -> SendReceipt {
        guard contact.encryptionKey != nil else { throw MeshError.noEncryptionKey(of: contact) }
        try self.sealer.preflight(body.count, lifetime: lifetime)
        let asked = self.outbox.digest(contact: contact, body: body)
        switch try await self.earlier(asked, to: contact, deadline: deadline) {
        case .sent(let entry): return try entry.receipt(lifetime: entry.lifetime, resumed: true)
        case .waiting(let entry): return try await self.publish(entry, resumed: true, deadline: deadline)
        case .sealAnew(let messageID):
            let (entry, warnings) = try await self.seal(
                body,
                for: contact,
                lifetime: lifetime,
                messageID: messageID,
                deadline: deadline
            )
            try await self.outbox.add(entry, digest: asked, now: self.now())
            return try await self.publish(entry, resumed: false, warnings: warnings, deadline: deadline)
        }
    }

    /// What became of the same text to the same contact a short while ago.
    private enum Earlier {
        /// It is out.
        case sent(OutboxEntry)
        /// It is to go out as it is.
        case waiting(OutboxEntry)
        /// There is none that counts. One that may be out, but not as its reader needs it, has the id for the new one:
        /// who gets both takes them for one.
        case sealAnew(MessageID?)
    }

    private func earlier(
        _ asked: [UInt8],
        to contact: Contact,
        deadline: ErasedClock.Instant
    ) async throws -> Earlier {
        switch try await self.outbox.takeEarlier(asked, for: contact, now: self.now()) {
        case .sent(let entry): return .sent(entry)
        case .outdated(let messageID): return .sealAnew(messageID)
        case nil: break
        }
        guard let failed = try await self.outbox.takeFailed(asked, now: self.now()) else { return .sealAnew(nil) }
        await self.publisher.prepare(forRecords: failed.recordCount)
        let lookupDeadline = min(deadline, self.clock.now.advanced(by: Self.lookupTimeout))
        let obstacle = try await self.obstacle(to: failed, for: contact, deadline: lookupDeadline)
        if obstacle == nil { return .waiting(failed) }
        let mayBeOut = try await self.publisher.retire(failed, deadline: deadline)
        return .sealAnew(mayBeOut ? try MessageID(failed.messageID) : nil)
    }

    /// Seals a text for the keys that its recipient uses today.
    private func seal(
        _ body: [UInt8],
        for contact: Contact,
        lifetime: MessageLifetime,
        messageID: MessageID?,
        deadline: ErasedClock.Instant
    ) async throws -> (OutboxEntry, [SendWarning]) {
        await self.publisher.prepare(forRecords: self.sealer.recordCount(body.count, lifetime: lifetime))
        let lookupDeadline = min(deadline, self.clock.now.advanced(by: Self.lookupTimeout))
        let (facts, check) = try await self.lookUp(contact, deadline: lookupDeadline)
        let (recipient, known) = try await self.recipient(contact, facts, check, deadline: deadline)
        let entry = try await self.sealer.seal(
            body,
            for: recipient.contact,
            knowing: known,
            lifetime: lifetime,
            messageID: messageID
        )
        return (entry, recipient.warnings)
    }

    /// Publishes what earlier sends left behind, each message with its own records. One that fails stays for later and
    /// keeps no other.
    ///
    /// - Returns: How many messages are on their way now.
    @concurrent
    func resumeWaiting(deadline: ErasedClock.Instant) async throws -> Int {
        try await self.outbox.presence.during { try await self.publishWaiting(deadline: deadline) }
    }

    private func publishWaiting(deadline: ErasedClock.Instant) async throws -> Int {
        let contacts = try await self.renewal.contacts.all()
        var sent = 0
        var place: Int64 = 0
        while let taken = try await self.outbox.takeWaiting(after: place, now: self.now()) {
            place = taken.place
            guard let entry = taken.entry else { continue }
            let lookupDeadline = min(deadline, self.clock.now.advanced(by: Self.lookupTimeout))
            await self.publisher.prepare(forRecords: entry.recordCount)
            do {
                let contact = contacts.first { $0.name == entry.contact }
                if let obstacle = try await self.obstacle(to: entry, for: contact, deadline: lookupDeadline) {
                    _ = try await self.publisher.retire(entry, deadline: deadline)
                    self.logger.warning("a message to \(entry.contact) was not sent: \(obstacle.reason); send it again")
                    continue
                }
                _ = try await self.publisher.publish(entry, inBackground: true, deadline: deadline)
                sent += 1
            } catch let error as MeshError {
                self.logger.warning("a message to \(entry.contact) still waits: \(error)")
            }
        }
        return sent
    }

    /// Why a message that was sealed earlier would not be accepted any more.
    private enum Obstacle {
        case recipientKeysReplaced
        case ownKeysReplaced

        var reason: String {
            switch self {
            case .recipientKeysReplaced: "the keys of the contact have changed"
            case .ownKeysReplaced: "it was signed with a key that you have replaced"
            }
        }
    }

    /// What keeps a message that was sealed earlier from going out as it is.
    ///
    /// - Throws: What keeps it from being found out; the message then waits on.
    private func obstacle(
        to entry: OutboxEntry,
        for contact: Contact?,
        deadline: ErasedClock.Instant
    ) async throws -> Obstacle? {
        if let signer = entry.signer(now: self.now()), signer != self.sealer.keys.signingKey { return .ownKeysReplaced }
        guard let contact else { return nil }
        if let key = entry.recipientKey, let current = contact.encryptionKey, [UInt8](key) != current.bytes {
            return .recipientKeysReplaced
        }
        do {
            let check = try await self.renewal.follower.check(contact, deadline: deadline)
            return check.standing == .current ? nil : .recipientKeysReplaced
        } catch {
            try await self.outbox.release(entry, now: self.now())
            throw error
        }
    }

    /// The recipient with the keys that it uses today, and what is known of it under these.
    private func recipient(
        _ contact: Contact,
        _ facts: RecipientFacts,
        _ check: KeyCheck,
        deadline: ErasedClock.Instant
    ) async throws -> (RecipientCheck.Recipient, RecipientFacts) {
        let step = RecipientCheck(
            renewal: self.renewal,
            deadline: min(deadline, self.clock.now.advanced(by: Self.lookupTimeout))
        )
        let recipient = try await step.recipient(for: contact, check: check)
        guard let readsEnvelopes = recipient.readsEnvelopes else { return (recipient, facts) }
        var renewed = facts
        renewed.readsEnvelopes = readsEnvelopes && self.configuration.address != nil
        return (recipient, renewed)
    }

    private func publish(
        _ entry: OutboxEntry,
        resumed: Bool,
        warnings: [SendWarning] = [],
        deadline: ErasedClock.Instant
    ) async throws -> SendReceipt {
        let limit = try await self.publisher.publish(entry, deadline: deadline)
        let lifetime = min(limit ?? entry.lifetime, entry.lifetime)
        return try entry.receipt(lifetime: lifetime, resumed: resumed, warnings: warnings)
    }

    /// Asks for prekeys and capabilities, and whether the pinned key still counts, all at the same time.
    private func lookUp(
        _ contact: Contact,
        deadline: ErasedClock.Instant
    ) async throws -> (RecipientFacts, KeyCheck) {
        let lookup = RecipientLookup(
            reader: self.reader,
            ownZone: self.configuration.zone,
            deadline: deadline,
            knownZones: try await self.places.places(of: contact).map(\.zone)
        )
        async let prekeys = self.prekeys(of: contact, lookup: lookup)
        async let envelopes = self.readsEnvelopes(contact, lookup: lookup)
        async let check = self.renewal.follower.check(contact, deadline: deadline)
        var facts = RecipientFacts()
        switch try await prekeys {
        case .records(let values): facts.prekeyValues = values
        case .absent: facts.prekeyFailure = .nonePublished
        case .unavailable: facts.prekeyFailure = .unavailable
        case nil: facts.prekeyFailure = .notPinned
        }
        facts.readsEnvelopes = try await envelopes
        return (facts, try await check)
    }

    /// The values at all names of the contact's prekeys; `nil` for one whose signing key isn't known.
    private func prekeys(of contact: Contact, lookup: RecipientLookup) async throws -> ReadResult? {
        guard let signer = contact.signingKey else { return nil }
        let finds = try await lookup.prekeys(of: contact)
        let now = self.now()
        let zones = finds.filter { find in
            guard case .records(let values) = find.result else { return false }
            return values.prefix(Self.mostChecked).contains { value in
                (try? Signed<Prekey>(parsing: value, now: now, signer: signer)) != nil
            }
        }.map(\.zone)
        if !zones.isEmpty { try await self.places.note(.prekeys, [signer: Set(zones)], now: now) }
        return .united(finds.map(\.result))
    }

    /// How many values of a zone are checked to learn whether the contact publishes there.
    private static let mostChecked = 64

    private func readsEnvelopes(_ contact: Contact, lookup: RecipientLookup) async throws -> Bool {
        guard self.configuration.address != nil else { return false }
        if let known = await self.envelopeReaders.knows(contact) { return known }
        guard let reads = try await lookup.readsEnvelopes(contact, now: self.now()) else { return false }
        await self.envelopeReaders.remember(contact, reads: reads)
        return reads
    }
}

extension OutboxEntry {
    /// Chunks and manifest.
    fileprivate var recordCount: Int { self.chunks.count + 1 }

    /// Who signed the manifest; `nil` if it can't be read any more.
    fileprivate func signer(now: UnixSeconds) -> Ed25519.PublicKey? {
        (try? Signed<SlotManifest>(parsing: TXTValue([UInt8](self.manifest.value)), now: now))?.body.sender
    }

    func receipt(lifetime: UInt64, resumed: Bool, warnings: [SendWarning] = []) throws -> SendReceipt {
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
            resumed: resumed,
            warnings: warnings
        )
    }
}
