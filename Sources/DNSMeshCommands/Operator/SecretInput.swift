import Foundation

/// A small file whose content is for its owner alone, such as a key or a token.
struct SecretInput: Sendable {
    /// The path as the user wrote it.
    let path: String
    let url: URL

    /// Neither a key nor a token is longer.
    private static let byteLimit = 8_192

    init(_ path: String, context: CommandContext) {
        self.path = path
        self.url = context.file(at: path).resolvingSymlinksInPath()
    }

    /// Blocks its thread.
    ///
    /// - Throws: ``CommandFailure`` if the file can't be read, or others could read it.
    func read() throws(CommandFailure) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: self.url.path) else {
            throw .user("there is no file \(self.path)")
        }
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.url.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular,
                let size = attributes[.size] as? NSNumber, size.intValue <= Self.byteLimit
            else { throw CommandFailure.user("\(self.path) is no small file; name another") }
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
            guard mode & 0o077 == 0 else {
                throw CommandFailure.user(
                    "others can read \(self.path), so it isn't used; run `chmod 600 \(ShellWord(self.path))`"
                )
            }
            return try [UInt8](Data(contentsOf: self.url))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .user("can't read \(self.path): \(FileReason.of(error))")
        }
    }
}
