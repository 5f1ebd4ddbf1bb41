import DMPNetwork
import Foundation

/// Lets one refresh of the prekeys run at a time: two would each publish what is missing.
///
/// Within the process the second waits for the first; another process is told who is at work.
struct RefreshTurn: Sendable {
    private let limiter = WidthLimiter(width: 1)
    private let lock: FolderLock?
    private let folder: String

    /// - Parameter folder: Where the files are; `nil` for stores in memory.
    init(folder: URL?) {
        self.lock = folder.map { FolderLock(folder: $0, name: ".prekeys.lock") }
        self.folder = folder?.path ?? "memory"
    }

    /// - Throws: ``MeshError/Code/busy`` if another process refreshes the prekeys of the same folder.
    func take<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await self.limiter.withPermit {
            guard let lock = self.lock else { return try await body() }
            guard let value = try await lock.tryLock(body) else {
                throw MeshError(
                    .busy,
                    "\(lock.holder) is publishing one-time keys for \(self.folder); try again when it is done"
                )
            }
            return value
        }
    }
}
