import DMPNetwork
public import DMPProtocol
import DNSTransport
import Foundation
import GRDB

/// Where the own identity was published.
public struct PublishReceipt: Hashable, Sendable {
    /// The name at which it lies.
    public let owner: OwnerName
    /// What was published.
    public let record: IdentityRecord
    /// How many earlier records of the same identity were withdrawn, or are on the list to be.
    public let withdrawn: Int
}

/// Publishes the own identity record and withdraws the one before it.
struct IdentityPublisher: Sendable {
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let writer: (any RecordWriter)?
    let withdrawals: WithdrawalRunner
    let database: StoreDatabase
    let now: @Sendable () -> UnixSeconds

    @concurrent
    func publish(
        lifetime: UInt32,
        advertisingEnvelope: Bool,
        deadline: ErasedClock.Instant
    ) async throws -> PublishReceipt {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        await writer.prepare(forRecords: 1)
        let owner = try self.configuration.identityName
        let published = self.now()
        let issued = try await self.issueTime(at: owner, now: published)
        let record = try IdentityRecord(
            username: self.configuration.username.text,
            encryptionKey: self.keys.encryptionKey,
            signingKey: self.keys.signingKey,
            issued: issued,
            versions: advertisingEnvelope ? [1, 2] : [1]
        )
        let value = try record.signed(by: self.keys.ed25519).value
        try await writer.publish(value, at: owner, ttl: lifetime, deadline: deadline).requireAccepted(at: owner)
        let terms = PublicationTerms(lifetime: lifetime, published: published)
        // Two records of one identity look ambiguous to clients that don't compare keys.
        let older = try await self.supersededValues(by: value, issued: issued, at: owner, deadline: deadline)
        try await self.remember(value, at: owner, terms)
        let withdrawn = older.map { Withdrawal(owner: owner, value: $0, expires: terms.expires) }
        try await self.withdrawals.withdraw(withdrawn, deadline: deadline)
        // Rotations and revocations fade like the identity, and a revocation that is gone revives a stolen key.
        let successions = OwnSuccessions(database: self.database)
        try await successions.renew(with: writer, lifetime: lifetime, now: published, deadline: deadline)
        return PublishReceipt(owner: owner, record: record, withdrawn: withdrawn.count)
    }

    /// What this client published last at the own name; `nil` if it never did so under its present key.
    func lastPublication() async throws -> LastPublication? {
        let owner = try self.configuration.identityName
        let stored = try await self.stored(at: owner)
        guard let (record, expires) = stored.max(by: { $0.record.issued < $1.record.issued }) else { return nil }
        let terms = try await self.database.read { database in
            try Row.fetchOne(
                database,
                cached: "SELECT lifetime, published FROM publication_terms WHERE owner = ?",
                arguments: [owner.text]
            ).map { row in
                PublicationTerms(
                    lifetime: UInt32(clamping: try row.seconds("lifetime").rawValue),
                    published: try row.seconds("published")
                )
            }
        }
        // Versions before this one kept the expiry alone.
        let lifetime = UInt32(clamping: record.issued.seconds(until: expires))
        return LastPublication(
            record: record,
            terms: terms ?? PublicationTerms(lifetime: lifetime, published: record.issued)
        )
    }

    /// Later than every record of before, also if the clock was ahead then: readers take the newest.
    private func issueTime(at owner: OwnerName, now: UnixSeconds) async throws -> UnixSeconds {
        let stored = try await self.stored(at: owner)
        guard let last = stored.map(\.record.issued).max(), last >= now else { return now }
        return last.adding(1)
    }

    /// The records of the own key that were published from these files, with their expiry.
    private func stored(at owner: OwnerName) async throws -> [(record: IdentityRecord, expires: UnixSeconds)] {
        let rows = try await self.database.read { database in
            try Row.fetchAll(
                database,
                cached: "SELECT value, expires FROM publications WHERE owner = ?",
                arguments: [owner.text]
            ).map { (value: TXTValue(try $0.bytes("value")), expires: try $0.seconds("expires")) }
        }
        return rows.compactMap { row in self.ownRecord(in: row.value).map { ($0, row.expires) } }
    }

    /// The record, if the own key has signed it: another identity may have used the same files.
    private func ownRecord(in value: TXTValue) -> IdentityRecord? {
        let record = try? Signed<IdentityRecord>(parsing: value, now: self.now()).body
        return record?.signingKey == self.keys.signingKey ? record : nil
    }

    /// What this client published before at the name, and what it finds there: all records of the own key but the
    /// newest. If somebody published a newer one at the same moment, this one is superseded itself.
    private func supersededValues(
        by value: TXTValue,
        issued: UnixSeconds,
        at owner: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws -> [TXTValue] {
        var values = try await self.database.read { database in
            try Data.fetchAll(
                database,
                cached: "SELECT value FROM publications WHERE owner = ?",
                arguments: [owner.text]
            )
        }.map { TXTValue([UInt8]($0)) }
        if case .records(let found) = try await self.reader.read(owner, deadline: deadline) { values += found }
        var records = [value: issued]
        for value in values {
            if let record = self.ownRecord(in: value) { records[value] = record.issued }
        }
        let newest = records.max { ($0.value, $0.key.text) < ($1.value, $1.key.text) }
        return records.keys.filter { $0 != newest?.key }
    }

    private func remember(_ value: TXTValue, at owner: OwnerName, _ terms: PublicationTerms) async throws {
        try await self.database.write { database in
            try database.execute(cached: "DELETE FROM publications WHERE owner = ?", arguments: [owner.text])
            try database.execute(
                cached: "INSERT INTO publications VALUES (?, ?, ?)",
                arguments: [owner.text, Data(value.bytes), terms.expires.stored]
            )
            try database.execute(
                cached: "INSERT OR REPLACE INTO publication_terms VALUES (?, ?, ?)",
                arguments: [owner.text, Int64(terms.lifetime), terms.published.stored]
            )
        }
    }
}

/// For how long a record was published, and when.
struct PublicationTerms: Hashable, Sendable {
    /// In seconds.
    let lifetime: UInt32
    let published: UnixSeconds

    var expires: UnixSeconds { self.published.adding(UInt64(self.lifetime)) }
}

/// The newest record that this client has published of the identity.
struct LastPublication: Hashable, Sendable {
    let record: IdentityRecord
    let terms: PublicationTerms

    /// Whether it is time to publish it again: half of its life is over, or it was published by a clock that was ahead.
    func isDue(at now: UnixSeconds) -> Bool {
        let left = now.seconds(until: self.terms.expires)
        return left > UInt64(self.terms.lifetime) || left <= UInt64(self.terms.lifetime) / 2
    }
}
