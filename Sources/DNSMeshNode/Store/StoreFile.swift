private import DMPCrypto
private import Foundation

/// Makes the folder and the file of a database so that only their owner can read them, before anything is written.
enum StoreFile {
    /// Folders that exist keep their mode. SQLite gives the files beside a database the mode of the database.
    static func prepare(at path: String) throws(RecordStoreError) {
        let files = FileManager.default
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        do {
            try files.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .folder(folder, reason: SystemReason.of(error))
        }
        do {
            close(try SecretFile.open(path, creating: .ifMissing))
            for file in [path, path + "-wal", path + "-shm"] where files.fileExists(atPath: file) {
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            }
        } catch {
            throw .unreadable(path, reason: SystemReason.of(error))
        }
    }
}
