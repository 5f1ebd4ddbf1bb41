import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// The keys that the own ones have replaced, sealed under these, for as long as mail to them may be on its way.
struct FormerIdentities: Sendable {
    /// Receivers refuse what lives longer than 30 days; clocks may differ by five minutes.
    static let graceSeconds: UInt64 = 30 * 86_400 + 300

    let database: StoreDatabase
    private let seal: StorageSeal

    init(database: StoreDatabase, keys: IdentityKeys) throws(CryptoError) {
        self.database = database
        self.seal = try StorageSeal(keys: keys, label: "former-identity")
    }

    /// Seals keys that are about to be replaced.
    func sealed(_ keys: IdentityKeys, now: UnixSeconds) throws(CryptoError) -> SealedIdentity {
        let secret = keys.x25519.withBytes { span in span.indices.map { span[$0] } }
        return SealedIdentity(
            userID: keys.userID,
            sealed: try self.seal.seal(secret, for: keys.userID.bytes),
            until: now.adding(Self.graceSeconds)
        )
    }

    /// All former keys whose time isn't over and that were sealed under the present ones.
    func all(now: UnixSeconds) async throws -> [IdentityKeys] {
        try await self.entries().filter { $0.until >= now }.compactMap { entry in
            guard let secret = try? self.seal.open(entry.sealed, for: entry.userID.bytes) else { return nil }
            return try IdentityKeys(privateKey: SecretBytes(copying: secret))
        }
    }

    /// Seals under the present keys what was sealed under earlier ones, and drops what is past its time.
    func reseal(from earlier: FormerIdentities, now: UnixSeconds) async throws {
        let entries = try await self.entries().compactMap { entry -> SealedIdentity? in
            guard let secret = try? earlier.seal.open(entry.sealed, for: entry.userID.bytes) else { return nil }
            let sealed = try self.seal.seal(secret, for: entry.userID.bytes)
            return SealedIdentity(userID: entry.userID, sealed: sealed, until: entry.until)
        }
        try await self.database.write { database in
            for entry in entries { try entry.insert(into: database) }
            try database.execute(cached: "DELETE FROM former_identities WHERE until < ?", arguments: [now.stored])
        }
    }

    private func entries() async throws -> [SealedIdentity] {
        try await self.database.read { database in
            try Row.fetchAll(database, cached: "SELECT user_id, sealed, until FROM former_identities").map { row in
                SealedIdentity(
                    userID: try UserID(try row.bytes("user_id")),
                    sealed: try row.bytes("sealed"),
                    until: try row.seconds("until")
                )
            }
        }
    }
}

/// One row of `former_identities`.
struct SealedIdentity: Sendable {
    let userID: UserID
    let sealed: [UInt8]
    let until: UnixSeconds

    func insert(into database: Database) throws {
        try database.execute(
            cached: "INSERT OR REPLACE INTO former_identities VALUES (?, ?, ?)",
            arguments: [Data(self.userID.bytes), Data(self.sealed), self.until.stored]
        )
    }
}
