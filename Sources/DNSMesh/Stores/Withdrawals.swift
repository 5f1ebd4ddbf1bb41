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
            sql: "INSERT OR REPLACE INTO withdrawals VALUES (?, ?, ?)",
            arguments: [self.owner.text, Data(self.value.bytes), Int64(clamping: self.expires.rawValue)]
        )
    }
}

/// The values that are still to be withdrawn, and prekeys whose private half is still to go.
struct WithdrawalStore: Sendable {
    let database: DatabaseQueue

    func add(_ withdrawals: [Withdrawal]) async throws {
        try await self.database.write { database in
            for withdrawal in withdrawals { try withdrawal.insert(into: database) }
        }
    }

    func pending(now: UnixSeconds) async throws -> [Withdrawal] {
        try await self.database.write { database in
            let time = Int64(clamping: now.rawValue)
            try database.execute(sql: "DELETE FROM withdrawals WHERE expires < ?", arguments: [time])
            return try Row.fetchAll(database, sql: "SELECT owner, value, expires FROM withdrawals").compactMap { row in
                guard let owner = try? OwnerName(row["owner"] as String) else { return nil }
                return Withdrawal(
                    owner: owner,
                    value: TXTValue([UInt8](row["value"] as Data)),
                    expires: UnixSeconds(rawValue: UInt64(clamping: row["expires"] as Int64))
                )
            }
        }
    }

    func remove(_ withdrawal: Withdrawal) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "DELETE FROM withdrawals WHERE owner = ? AND value = ?",
                arguments: [withdrawal.owner.text, Data(withdrawal.value.bytes)]
            )
        }
    }

    /// Prekeys whose message is stored and whose private half is still there.
    func spentPrekeys() async throws -> [Prekey.ID] {
        try await self.database.read { database in
            try Int64.fetchAll(database, sql: "SELECT prekey_id FROM spent_prekeys").compactMap {
                try? Prekey.ID(UInt32(truncatingIfNeeded: $0))
            }
        }
    }

    func forgetSpent(_ ids: [Prekey.ID]) async throws {
        try await self.database.write { database in
            for id in ids {
                try database.execute(
                    sql: "DELETE FROM spent_prekeys WHERE prekey_id = ?",
                    arguments: [Int64(id.rawValue)]
                )
            }
        }
    }
}
