import DMPTesting
import Foundation

extension User {
    /// How many private halves of prekeys the folder holds.
    func prekeyCount() async throws -> Int {
        let count = try await self.drive("prekey_count.py")
        guard let number = Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Program.Failure(what: "not a count: \(count)")
        }
        return number
    }
}
