import DMPCrypto
package import Foundation

/// An advisory lock on a folder's lock file, held while a closure runs.
///
/// It guards read-modify-write of the files in the folder against other processes of this client. It is never held
/// during network work, except for the lock that admits one receiver at a time.
package struct FolderLock: Sendable {
    private let url: URL

    package init(folder: URL, name: String = ".lock") {
        self.url = folder.appending(path: name)
    }

    /// Waits for the lock and runs `body` under it. Blocks the thread, so it is for short work off the shared threads.
    package func withLock<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = try self.openFile()
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }
        return try body()
    }

    /// Runs `body` under the lock, or returns `nil` at once if another process holds it.
    package func tryLock<Value>(_ body: () async throws -> Value) async throws -> Value? {
        let descriptor = try self.openFile()
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            return nil
        }
        return try await body()
    }

    private func openFile() throws -> Int32 {
        try SecretFile.open(self.url.path, creating: .ifMissing)
    }
}
