import DMPCrypto
import DMPProtocol
import Foundation
import GRDB

/// A table of messages, each sealed for its sender's key and its id.
enum SealedMessages: String, CaseIterable, Sendable {
    case inbox
    case intros

    /// The label of the key that seals the table.
    var label: String { self.rawValue }

    /// Seals under new keys what was sealed under old ones. Entries that the old keys don't open stay as they are: they
    /// are sealed under the new ones already, or damaged.
    func reseal(in database: StoreDatabase, from oldKeys: IdentityKeys, to newKeys: IdentityKeys) async throws {
        let old = try StorageSeal(keys: oldKeys, label: self.label)
        let new = try StorageSeal(keys: newKeys, label: self.label)
        let table = self.rawValue
        try await database.write { database in
            let statement = try database.makeStatement(sql: "UPDATE \(table) SET sealed = ? WHERE id = ?")
            for id in try Int64.fetchAll(database, sql: "SELECT id FROM \(table)") {
                let sql = "SELECT sender_key, message_id, sealed FROM \(table) WHERE id = ?"
                guard let row = try Row.fetchOne(database, sql: sql, arguments: [id]) else { continue }
                let context = try row.bytes("sender_key") + row.bytes("message_id")
                guard let content = try? old.open(try row.bytes("sealed"), for: context) else { continue }
                try statement.execute(arguments: [Data(try new.seal(content, for: context)), id])
            }
        }
    }
}
