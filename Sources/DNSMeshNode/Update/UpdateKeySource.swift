internal import DNSWire
private import Dispatch
private import Foundation

/// A key that may update the zone, and where.
struct UpdateKey: Sendable {
    let key: TSIGKey
    let scope: UpdateScope
}

/// A file with the keys of those who may update the zone. Only its owner may read it.
protocol UpdateKeySource: Sendable {
    var path: String { get }
    /// The variable that names the file.
    var variable: String { get }

    /// Reads the file, and blocks its thread meanwhile.
    func readNow() throws(UpdateKeyFileError) -> [UpdateKey]
}

extension UpdateKeySource {
    /// Reads the file, which may block a thread, but none of those that tasks share.
    func read() async throws(UpdateKeyFileError) -> [UpdateKey] {
        let result: Result<[UpdateKey], UpdateKeyFileError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(UpdateKeyFileError) in try self.readNow() })
            }
        }
        return try result.get()
    }

    /// Refuses what is no file, open to others, or too large.
    func checkFile(byteLimit: Int) throws(UpdateKeyFileError) {
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: self.path).resolvingSymlinksInPath().path
            )
        } catch {
            throw self.error("can't be read: \(SystemReason.of(error))")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw self.error("is no regular file") }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else { throw self.error("is open to others; run chmod 600 \(self.path)") }
        let size = (attributes[.size] as? NSNumber)?.intValue ?? .max
        guard size <= byteLimit else { throw self.error("is larger than \(byteLimit) bytes") }
    }

    func error(_ reason: String) -> UpdateKeyFileError {
        UpdateKeyFileError(path: self.path, variable: self.variable, reason: reason)
    }
}

/// Why a key file can't be used. The description is one line, and never shows a secret.
struct UpdateKeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    let path: String
    let variable: String
    let reason: String

    var description: String { "the key file \(self.path) (\(self.variable)): \(self.reason)" }
}
