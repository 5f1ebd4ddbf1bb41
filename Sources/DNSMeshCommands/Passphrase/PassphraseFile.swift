import DMPCrypto
import DNSMesh
import Foundation

/// The file that `passphrase_file` names, or another that holds a passphrase or a token. Source: protocol documents, "Files on
/// disk", section 3.
struct PassphraseFile {
    /// The path as the configuration states it.
    let path: String
    /// What names it, for messages.
    var name = "passphrase_file"
    /// What it holds, for messages.
    var content = "passphrase"
    let context: CommandContext
    private static let byteLimit = 65_536

    private var url: URL { self.context.file(at: self.path) }

    /// - Returns: The passphrase, or `nil` if there is no such file; standard error says so.
    /// - Throws: ``CommandFailure`` if the file can't be read, isn't UTF-8, is too long, or holds nothing.
    func read() throws(CommandFailure) -> SecretText? {
        let file = self.url.resolvingSymlinksInPath()
        guard FileManager.default.fileExists(atPath: file.path) else {
            self.context.console.message("\(self.name) \(self.path) does not exist")
            return nil
        }
        do {
            try self.warnIfShared(file)
            return try self.passphrase(in: file)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .user("can't read \(self.name) \(self.path): \(FileReason.of(error))")
        }
    }

    /// No more than one byte of it is ever in memory that isn't wiped.
    private func passphrase(in file: URL) throws -> SecretText {
        let handle = try FileHandle(forReadingFrom: file)
        var count = 0
        let bytes = try SecretBytes(count: Self.byteLimit) { (bytes) throws(any Error) in
            while let byte = try handle.read(upToCount: 1)?.first {
                guard count < bytes.count else {
                    throw CommandFailure.user("\(self.name) \(self.path) is longer than \(Self.byteLimit) bytes")
                }
                bytes[count] = byte
                count += 1
            }
        }
        return try bytes.withBytes { bytes in
            let text: UTF8Span
            do throws(UTF8.ValidationError) {
                text = try UTF8Span(validating: bytes.extracting(first: count))
            } catch {
                throw CommandFailure.user(
                    "\(self.name) \(self.path) isn't UTF-8 text; write the \(self.content) into it again"
                )
            }
            guard let range = Self.unstripped(text) else {
                throw CommandFailure.user("\(self.name) \(self.path) is empty; write the \(self.content) into it")
            }
            return SecretText(SecretBytes(copying: bytes.extracting(range)))
        }
    }

    /// Where the passphrase stands between the white space at both ends.
    private static func unstripped(_ text: borrowing UTF8Span) -> Range<Int>? {
        var scalars = text.makeUnicodeScalarIterator()
        var (start, end): (Int?, Int) = (nil, 0)
        var offset = 0
        while let scalar = scalars.next() {
            if !self.isStripped(scalar) {
                start = start ?? offset
                end = scalars.currentCodeUnitOffset
            }
            offset = scalars.currentCodeUnitOffset
        }
        return start.map { $0..<end }
    }

    private func warnIfShared(_ file: URL) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw CommandFailure.user("\(self.name) \(self.path) is not a regular file; name another")
        }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 != 0 else { return }
        self.context.console.message(
            "warning: others can read \(self.name) \(self.path); run `chmod 600 \(ShellWord(self.path))`"
        )
    }

    /// Without the white space at both ends. What counts as such is part of the key derivation: the reference's rule.
    static func stripped(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !self.isStripped($0) }),
            let last = scalars.lastIndex(where: { !self.isStripped($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func isStripped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
        default: false
        }
    }
}
