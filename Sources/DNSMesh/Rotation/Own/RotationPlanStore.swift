import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// Keeps the one rotation of the own identity that is under way, sealed for the new keys.
struct RotationPlanStore: Sendable {
    let database: StoreDatabase
    private let seal: StorageSeal

    /// Keeps plans for the new keys of the identity.
    init(database: StoreDatabase, keys: IdentityKeys) throws(CryptoError) {
        self.database = database
        self.seal = try StorageSeal(keys: keys, label: "rotation")
    }

    /// What has begun, if anything has.
    func pending() async throws -> PendingRotation? {
        try await self.database.read { database in
            let sql = "SELECT old_key, new_key, done FROM rotation_plan"
            guard let row = try Row.fetchOne(database, cached: sql) else { return nil }
            let done = try row.decode(Int.self, forColumn: "done")
            return PendingRotation(
                oldKey: try Ed25519.PublicKey(try row.bytes("old_key")),
                newKey: try Ed25519.PublicKey(try row.bytes("new_key")),
                step: RotationStep(rawValue: done) ?? .announcing
            )
        }
    }

    /// The plan of what has begun.
    func plan(of pending: PendingRotation) async throws -> RotationPlan {
        let sealed = try await self.database.read { database in
            try Data.fetchOne(database, cached: "SELECT sealed FROM rotation_plan") ?? Data()
        }
        let bytes = try self.seal.open([UInt8](sealed), for: pending.oldKey.bytes + pending.newKey.bytes)
        return try JSONDecoder().decode(RotationPlan.self, from: Data(bytes))
    }

    /// Keeps a plan in place of one of which nothing is out, and with it the old keys.
    func begin(_ plan: RotationPlan, from oldKeys: SealedIdentity, oldKey: Ed25519.PublicKey, newKey: Ed25519.PublicKey)
        async throws
    {
        let encoded = try JSONEncoder().encode(plan)
        let sealed = Data(try self.seal.seal(encoded, for: oldKey.bytes + newKey.bytes))
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO rotation_plan VALUES (1, ?, ?, ?, ?)",
                arguments: [Data(oldKey.bytes), Data(newKey.bytes), RotationStep.prepared.rawValue, sealed]
            )
            try oldKeys.insert(into: database)
        }
    }

    func note(_ step: RotationStep) async throws {
        try await self.database.write { database in
            try database.execute(cached: "UPDATE rotation_plan SET done = ?", arguments: [step.rawValue])
        }
    }

    func finish() async throws {
        try await self.database.write { try $0.execute(cached: "DELETE FROM rotation_plan") }
    }
}
