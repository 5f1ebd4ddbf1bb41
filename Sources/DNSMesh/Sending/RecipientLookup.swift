import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// What the network says of a recipient: prekeys, and whether it reads envelopes.
struct RecipientLookup: Sendable {
    let reader: any RecordReader
    let ownZone: ZoneName
    let deadline: ErasedClock.Instant
    /// Where the contact was seen to publish before.
    var knownZones: [ZoneName] = []

    /// The zones in which a contact's prekeys may lie: its own, ours for contacts with a separate identity zone, and
    /// where it was seen before. What lies there counts only under the contact's pinned key.
    private func zones(of contact: Contact) -> [ZoneName] {
        var zones = [contact.zone ?? self.ownZone]
        for zone in [self.ownZone] + self.knownZones where !zones.contains(zone) { zones.append(zone) }
        return zones
    }

    /// All values at the names of the contact's prekeys, in each zone. They are not verified.
    @concurrent
    func prekeys(of contact: Contact) async throws -> [(zone: ZoneName, result: ReadResult)] {
        let username = contact.protocolUsername
        guard !username.isEmpty else { return [] }
        let spellings = Set([username, username.lowercased()])
        return try await self.zones(of: contact).concurrentMap(width: 4) { zone in
            let names = try spellings.map { try OwnerName.prekeys(of: $0, in: zone) }
            // More than six prekeys fit no datagram.
            async let preparation: Void = self.reader.prepareForLargeAnswers(at: names[0])
            let result = try await self.reader.readAll(names, deadline: self.deadline)
            await preparation
            return (zone, result)
        }
    }

    /// Whether an identity record with the contact's pinned key says that the contact reads envelopes (version 2).
    ///
    /// - Returns: `nil` if nobody answered, so that the answer isn't kept.
    @concurrent
    func readsEnvelopes(_ contact: Contact, now: UnixSeconds) async throws -> Bool? {
        let host = contact.zone ?? self.ownZone
        let username = contact.protocolUsername
        guard let address = try? UserAddress(canonicalizing: "\(username)@\(host.text)") else { return false }
        guard case .records(let values) = try await self.identityValues(of: contact) else { return nil }
        let pinned = values.lazy.compactMap { try? Signed<IdentityRecord>(parsing: $0, now: now).body }.first {
            record in
            guard record.username.lowercased() == address.username.text else { return false }
            if let signingKey = contact.signingKey { return record.signingKey == signingKey }
            return record.encryptionKey == contact.encryptionKey
        }
        return pinned?.versions.contains(2) ?? false
    }

    /// All values at the names of the contact's identity. They are not verified.
    @concurrent
    func identityValues(of contact: Contact) async throws -> ReadResult {
        let host = contact.zone ?? self.ownZone
        let username = contact.protocolUsername
        var names = [try OwnerName.anchoredIdentity(in: host)]
        for spelling in Set([username, username.lowercased()]) {
            names.append(try OwnerName.hashedIdentity(of: spelling, in: host))
        }
        return try await self.reader.readAll(names, deadline: self.deadline)
    }
}

extension RecordReader {
    /// Reads several names at once and unites what they hold.
    ///
    /// - Returns: `.records` if any name had values; else `.unavailable` if any name could not be read; else `.absent`.
    func readAll(_ names: [OwnerName], deadline: ErasedClock.Instant) async throws -> ReadResult {
        .united(try await names.concurrentMap(width: 8) { try await self.read($0, deadline: deadline) })
    }
}

extension ReadResult {
    /// What several names hold together, as ``RecordReader/readAll(_:deadline:)`` says.
    static func united(_ results: [ReadResult]) -> ReadResult {
        var values: [TXTValue] = []
        var failure: NetworkFailure?
        for result in results {
            switch result {
            case .records(let found): values += found.filter { !values.contains($0) }
            case .absent: break
            case .unavailable(let reason): failure = failure ?? reason
            }
        }
        if !values.isEmpty { return .records(values) }
        return failure.map(ReadResult.unavailable) ?? .absent
    }
}

/// Which contacts read envelopes, as far as it was found out. A look-up that failed is not kept.
actor EnvelopeReaders {
    private struct Key: Hashable {
        let username: String
        let zone: ZoneName?
        let signingKey: Ed25519.PublicKey?
        let encryptionKey: X25519.PublicKey?

        init(_ contact: Contact) {
            self.username = contact.username
            self.zone = contact.zone
            self.signingKey = contact.signingKey
            self.encryptionKey = contact.encryptionKey
        }
    }

    private var known: [Key: Bool] = [:]

    func knows(_ contact: Contact) -> Bool? { self.known[Key(contact)] }

    func remember(_ contact: Contact, reads: Bool) { self.known[Key(contact)] = reads }
}
