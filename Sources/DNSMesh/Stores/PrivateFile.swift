import DMPCrypto
package import Foundation
import GRDB

/// Files and folders that nobody but their owner may read, from the first byte on.
package enum PrivateFile {
    /// Makes an empty file of mode 0600 if there is none.
    package static func createIfMissing(_ url: URL) throws {
        close(try SecretFile.open(url.path, creating: .ifMissing))
    }

    /// Makes the folder with mode 0700 if it is missing. A folder that exists keeps its mode.
    package static func createFolder(_ url: URL) throws {
        guard !FileManager.default.fileExists(atPath: url.path) else { return }
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Replaces the file in one step: a reader finds the old content or the new, never a part. A symbolic link stays,
    /// and what it points to is replaced.
    package static func replace(_ url: URL, with bytes: [UInt8]) throws {
        let target = url.resolvingSymlinksInPath()
        let temporary = target.appendingPathExtension("tmp-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.removeItem(at: temporary)
        let descriptor = try SecretFile.open(temporary.path, creating: .exclusively)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            try handle.close()
            try SecretFile.rename(temporary.path, to: target.path)
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            throw error
        }
        try SecretFile.synchronizeFolder(target.deletingLastPathComponent().path)
    }

    /// A few words on why a file operation failed.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case let failure as SecretFile.Failure:
            POSIXError(POSIXErrorCode(rawValue: failure.errorNumber) ?? .EIO).localizedDescription
        case let error as DatabaseError: error.message ?? "SQLite error \(error.resultCode.rawValue)"
        default: error.localizedDescription
        }
    }
}
