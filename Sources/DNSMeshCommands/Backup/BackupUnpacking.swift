import DMPCrypto
import DNSMesh
import Foundation

/// Looks at every byte of a backup and keeps none: nothing may be written before all of it was verified.
struct BackupInspection: BackupSink {
    private(set) var names: [String] = []
    private(set) var note: BackupNote?
    private var noteBytes: [UInt8]?

    private static let noteByteLimit: UInt64 = 65_536
    private static let fileLimit = 10_000

    mutating func begin(_ name: String, byteCount: UInt64) throws {
        if name == BackupContents.note {
            guard self.note == nil, byteCount <= Self.noteByteLimit else { throw BackupError.unexpectedContents(name) }
            self.noteBytes = []
            return
        }
        guard BackupContents.isAllowed(name), !self.names.contains(name), self.names.count < Self.fileLimit else {
            throw BackupError.unexpectedContents(name)
        }
        self.names.append(name)
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        self.noteBytes?.append(contentsOf: bytes)
    }

    mutating func end() throws {
        guard let bytes = self.noteBytes else { return }
        self.noteBytes = nil
        do { self.note = try JSONDecoder().decode(BackupNote.self, from: Data(bytes)) } catch {
            throw BackupError.unexpectedContents(BackupContents.note)
        }
    }
}

/// Writes the files of a backup into a new folder.
struct BackupUnpacking: BackupSink {
    let folder: URL
    private var file: FileHandle?

    init(into folder: URL) throws {
        self.folder = folder
        try PrivateFile.createFolder(folder)
        try PrivateFile.createFolder(folder.appending(path: "tokens"))
    }

    mutating func begin(_ name: String, byteCount: UInt64) throws {
        self.file = nil
        guard name != BackupContents.note else { return }
        guard BackupContents.isAllowed(name) else { throw BackupError.unexpectedContents(name) }
        let descriptor = try SecretFile.open(self.folder.appending(path: name).path, creating: .exclusively)
        self.file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        try self.file?.write(contentsOf: Data(bytes))
    }

    mutating func end() throws {
        try self.file?.synchronize()
        try self.file?.close()
        self.file = nil
    }
}
