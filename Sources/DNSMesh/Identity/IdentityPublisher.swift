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
        let owner = try self.owner
        let issued = self.now()
        let record = try IdentityRecord(
            username: self.configuration.username.text,
            encryptionKey: self.keys.encryptionKey,
            signingKey: self.keys.signingKey,
            issued: issued,
            versions: advertisingEnvelope ? [1, 2] : [1]
        )
        let value = try record.signed(by: self.keys.ed25519).value
        switch try await writer.publish(value, at: owner, ttl: lifetime, deadline: deadline) {
        case .accepted: break
        case .refused(let failure):
            throw MeshError(.refused, "publish to \(owner) failed: \(failure)", underlying: failure)
        case .unavailable(let failure):
            throw MeshError(.unavailable, "publish to \(owner) failed: \(failure)", underlying: failure)
        }
        // Two records of one identity look ambiguous to clients that don't compare keys.
        let older = try await self.olderValues(than: value, at: owner, deadline: deadline)
        try await self.remember(value, at: owner, expires: issued.adding(UInt64(lifetime)))
        let withdrawn = older.map { Withdrawal(owner: owner, value: $0, expires: issued.adding(UInt64(lifetime))) }
        try await self.withdrawals.withdraw(withdrawn, deadline: deadline)
        return PublishReceipt(owner: owner, record: record, withdrawn: withdrawn.count)
    }

    /// `dmp.<identity zone>`, or the hashed name in the mailbox zone.
    private var owner: OwnerName {
        get throws {
            if let zone = self.configuration.identityZone { return try OwnerName.anchoredIdentity(in: zone) }
            return try OwnerName.hashedIdentity(of: self.configuration.username.text, in: self.configuration.zone)
        }
    }

    /// What this client published before at the name, and what it finds there: of both only what its own key has signed,
    /// as another identity may have used the same files.
    private func olderValues(
        than value: TXTValue,
        at owner: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws -> [TXTValue] {
        var older = try await self.database.read { database in
            try Data.fetchAll(database, sql: "SELECT value FROM publications WHERE owner = ?", arguments: [owner.text])
        }.map { TXTValue([UInt8]($0)) }
        if case .records(let values) = try await self.reader.read(owner, deadline: deadline) {
            older += values.filter { !older.contains($0) }
        }
        return older.filter { found in
            let record = try? Signed<IdentityRecord>(parsing: found, now: self.now()).body
            return found != value && record?.signingKey == self.keys.signingKey
        }
    }

    private func remember(_ value: TXTValue, at owner: OwnerName, expires: UnixSeconds) async throws {
        try await self.database.write { database in
            try database.execute(sql: "DELETE FROM publications WHERE owner = ?", arguments: [owner.text])
            try database.execute(
                sql: "INSERT INTO publications VALUES (?, ?, ?)",
                arguments: [owner.text, Data(value.bytes), expires.stored]
            )
        }
    }
}
