import DMPTesting
import Foundation

extension User {
    /// How many private halves of prekeys the folder holds.
    func prekeyCount() async throws -> Int {
        try await self.rowCount(of: "prekeys", in: self.folder.appending(path: "prekeys.db"))
    }

    /// How many records a node holds, by its database.
    func recordCount(of database: URL) async throws -> Int {
        try await self.rowCount(of: "records", in: database)
    }

    private func rowCount(of table: String, in database: URL) async throws -> Int {
        let count = try await self.drive("count.py", database.path, table)
        guard let number = Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Program.Failure(what: "not a count: \(count)")
        }
        return number
    }
}
