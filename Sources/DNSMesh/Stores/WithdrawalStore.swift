import DMPProtocol
import Foundation
import GRDB

/// A published value that must be deleted at its owner name, until it would expire there anyway.
struct Withdrawal: Hashable, Sendable {
    let owner: OwnerName
    let value: TXTValue
    let expires: UnixSeconds

    func insert(into database: Database) throws {
        try database.execute(
            cached: "INSERT OR REPLACE INTO withdrawals VALUES (?, ?, ?)",
            arguments: [self.owner.text, Data(self.value.bytes), self.expires.stored]
        )
    }
}

/// The values that are still to be withdrawn, and prekeys whose private half is still to go.
struct WithdrawalStore: Sendable {
    let database: StoreDatabase

    func add(_ withdrawals: [Withdrawal]) async throws {
        try await self.database.write { database in
            for withdrawal in withdrawals { try withdrawal.insert(into: database) }
        }
    }

    func pending(now: UnixSeconds) async throws -> [Withdrawal] {
        try await self.database.write { database in
            let settled = try SettledTime.observe(now, in: database)
            try database.execute(cached: "DELETE FROM withdrawals WHERE expires < ?", arguments: [settled.stored])
            return try Row.fetchAll(database, cached: "SELECT owner, value, expires FROM withdrawals").map { row in
                Withdrawal(
                    owner: try OwnerName(try row.decode(String.self, forColumn: "owner")),
                    value: TXTValue(try row.bytes("value")),
                    expires: try row.seconds("expires")
                )
            }
        }
    }

    func remove(_ withdrawal: Withdrawal) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "DELETE FROM withdrawals WHERE owner = ? AND value = ?",
                arguments: [withdrawal.owner.text, Data(withdrawal.value.bytes)]
            )
        }
    }

    /// Prekeys whose message is stored, whose private half is still there and may go now: at once where the last pass
    /// was settled, as it has opened all that may be sealed for them, and else a day later.
    func spentPrekeys(settled: Bool, now: UnixSeconds) async throws -> [Prekey.ID] {
        try await self.database.write { database in
            let time = try SettledTime.observe(now, in: database).stored
            let oldest = settled ? Int64.max : time - Int64(PrekeyStore.graceSeconds)
            let ids = try Int64.fetchAll(
                database,
                cached: "SELECT prekey_id FROM spent_prekeys WHERE keep_until <= ? AND spent <= ?",
                arguments: [time, oldest]
            )
            return try ids.map { try Prekey.ID(UInt32(truncatingIfNeeded: $0)) }
        }
    }

    func forgetSpent(_ ids: [Prekey.ID]) async throws {
        try await self.database.write { database in
            for id in ids {
                try database.execute(
                    cached: "DELETE FROM spent_prekeys WHERE prekey_id = ?",
                    arguments: [Int64(id.rawValue)]
                )
            }
        }
    }
}
