import DMPCrypto
package import Foundation

/// An advisory lock on a folder's lock file, held while a closure runs.
///
/// It guards read-modify-write of the files in the folder against other processes of this client. It is never held
/// during network work, except for the locks that admit one receiver, and one refresh of the prekeys, at a time. The
/// file holds the number of the process that took the lock last, for messages.
package struct FolderLock: Sendable {
    private let url: URL

    /// How often and at which intervals a lock for short work is tried: five seconds in all.
    private static let tries = 500
    private static let pauseSeconds = 0.01

    package init(folder: URL, name: String = ".lock") {
        self.url = folder.appending(path: name)
    }

    /// Waits for the lock, a few seconds at most, and runs `body` under it. Blocks the thread, so it is for short work
    /// off the shared threads.
    ///
    /// - Throws: ``MeshError/Code/busy``, naming the process that holds the lock, and what `body` throws.
    package func withLock<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = try self.openFile()
        defer { close(descriptor) }
        var triesLeft = Self.tries
        while try !self.take(descriptor) {
            triesLeft -= 1
            guard triesLeft > 0 else {
                throw MeshError(
                    .busy,
                    "\(self.url.path) is locked by \(self.holder); end it, or wait for it, then try again"
                )
            }
            Thread.sleep(forTimeInterval: Self.pauseSeconds)
        }
        self.sign(descriptor)
        return try body()
    }

    /// Runs `body` under the lock, or returns `nil` at once if another process holds it; ``holder`` says which.
    package func tryLock<Value>(_ body: () async throws -> Value) async throws -> Value? {
        let descriptor = try self.openFile()
        defer { close(descriptor) }
        guard try self.take(descriptor) else { return nil }
        self.sign(descriptor)
        return try await body()
    }

    /// Who took the lock last, in words.
    package var holder: String {
        let process = Self.process(in: self.url)
        if process == ProcessInfo.processInfo.processIdentifier { return "this process" }
        return process.map { "process \($0)" } ?? "another process"
    }

    private func openFile() throws -> Int32 {
        try SecretFile.open(self.url.path, creating: .ifMissing)
    }

    private func take(_ descriptor: Int32) throws -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EWOULDBLOCK: return false
            case EINTR: continue
            default: throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
        return true
    }

    /// The number is a courtesy: a full disk is no reason to do without the lock.
    private func sign(_ descriptor: Int32) {
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        do {
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8))
        } catch {}
    }

    private static func process(in file: URL) -> Int32? {
        do {
            let text = String(decoding: try Data(contentsOf: file).prefix(16), as: UTF8.self)
            return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            return nil
        }
    }
}
