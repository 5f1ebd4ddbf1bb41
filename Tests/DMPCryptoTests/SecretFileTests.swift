import DMPCrypto
import Foundation
import Testing

@Suite("Files that hold secrets")
struct SecretFileTests {
    @Test("The status of a file tells its kind, its rights, its size and each change, through a link too")
    func status() throws {
        try self.withFolder { folder in
            let file = folder.appending(path: "file")
            close(try SecretFile.open(file.path, creating: .exclusively))
            let empty = try SecretFile.status(file.path)
            #expect(empty.isRegularFile && empty.permissions == 0o600 && empty.byteCount == 0)
            try Data("abc".utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 7)],
                ofItemAtPath: file.path
            )
            let changed = try SecretFile.status(file.path)
            #expect(changed.byteCount == 3 && changed.modifiedSeconds == 7 && changed.modifiedNanoseconds == 0)
            #expect(changed != empty)

            let link = folder.appending(path: "link")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            #expect(try SecretFile.status(link.path) == changed)
            #expect(try !SecretFile.status(folder.path).isRegularFile)
        }
    }

    @Test("A missing file is told by the number of the system")
    func missing() throws {
        try self.withFolder { folder in
            #expect(throws: SecretFile.Failure(errorNumber: ENOENT)) {
                try SecretFile.status(folder.appending(path: "none").path)
            }
        }
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }
}
