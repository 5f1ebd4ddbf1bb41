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

    /// Makes a file of mode 0600 with this content. One that is there stays as it is.
    ///
    /// - Throws: ``SecretFile/Failure`` with `EEXIST` if there is one.
    package static func create(_ url: URL, with bytes: [UInt8]) throws {
        try self.write(bytes, to: url)
        try SecretFile.synchronizeFolder(url.deletingLastPathComponent().path)
    }

    /// Replaces the file in one step: a reader finds the old content or the new, never a part. A symbolic link stays,
    /// and what it points to is replaced.
    package static func replace(_ url: URL, with bytes: [UInt8]) throws {
        let target = url.resolvingSymlinksInPath()
        let temporary = target.appendingPathExtension("tmp-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.removeItem(at: temporary)
        try self.write(bytes, to: temporary)
        do {
            try SecretFile.rename(temporary.path, to: target.path)
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            throw error
        }
        try SecretFile.synchronizeFolder(target.deletingLastPathComponent().path)
    }

    /// Makes a file that must not be there yet; on a failure none is left.
    private static func write(_ bytes: [UInt8], to url: URL) throws {
        let descriptor = try SecretFile.open(url.path, creating: .exclusively)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            try handle.close()
        } catch {
            try? FileManager.default.removeItem(at: url)
            throw error
        }
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
