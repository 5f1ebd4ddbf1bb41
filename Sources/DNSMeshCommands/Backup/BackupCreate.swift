import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

extension BackupCommand {
    /// `dnsmesh backup create`: needs neither the network nor the identity's passphrase.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Save the folder of your identity in one sealed file.",
            discussion: """
                The file is sealed under a passphrase of its own. The passphrase of the identity isn't in it: you need \
                both to use what you restore.
                """
        )

        @Argument(help: "The file to write. It must not exist.", completion: .file())
        var file: String

        @OptionGroup var passphrase: BackupPassphrase
        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let context = CommandContext.current
            let configuration = try self.clientOptions.configurationFile.load()
            let target = context.literalFile(at: self.file)
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw CommandFailure.user("\(target.path) exists; name another file")
            }
            let contents = BackupContents(
                home: self.clientOptions.home,
                passphraseFile: configuration.passphraseFile.map(context.file)
            )
            let passphrase = try await self.passphrase.read(isNew: true, context: context)
            let job = BackupJob(contents: contents, target: target, passphrase: passphrase, now: context.now())
            let lock = FolderLock(folder: contents.home.folder, name: ".backup.lock")
            let saved = try await lock.tryLock { try await BlockingWork.run { try job.run() } }
            guard let saved else {
                throw CommandFailure.user("\(lock.holder) makes a backup of \(contents.home.folder.path); wait for it")
            }
            try self.output.write(saved)
            context.console.message("the passphrase of your identity isn't in the backup; you need both to restore it")
        }
    }
}

/// Writes one backup. Blocks its thread.
private struct BackupJob: Sendable {
    let contents: BackupContents
    let target: URL
    let passphrase: SecretText
    let now: UnixSeconds

    func run() throws -> SavedBackup {
        let partial = self.target.appendingPathExtension("tmp-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            return try CommandFailure.naming(self.target.path) { try self.write(partial) }
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw error
        }
    }

    private func write(_ partial: URL) throws -> SavedBackup {
        let descriptor = try SecretFile.open(partial.path, creating: .exclusively)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var writer = try BackupWriter(file, passphrase: self.passphrase.bytes)
        let note = BackupNote(created: self.now.rawValue, program: "dnsmesh \(Version.text)")
        try writer.add(BackupContents.note, [UInt8](try JSONEncoder().encode(note)))
        let sources = try self.contents.sources()
        try self.withScratchFolder { scratch in
            for source in sources {
                var url = source.url
                if source.isDatabase {
                    url = scratch.appending(path: source.name)
                    try DatabaseSnapshot.copy(source.url, to: url)
                }
                try writer.add(source.name, from: url)
                if source.isDatabase { try FileManager.default.removeItem(at: url) }
            }
        }
        try writer.finish()
        let byteCount = try file.seekToEnd()
        try file.close()
        try SecretFile.rename(partial.path, to: self.target.path)
        try SecretFile.synchronizeFolder(self.target.deletingLastPathComponent().path)
        return SavedBackup(path: self.target.path, names: sources.map(\.name), byteCount: byteCount)
    }

    /// Private keys lie in it for a moment: so it is in the folder of the identity, and those that a crash has left
    /// are removed.
    private func withScratchFolder(_ body: (URL) throws -> Void) throws {
        let folder = self.contents.home.folder
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasPrefix(".backup-") {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
        let scratch = folder.appending(path: ".backup-\(ProcessInfo.processInfo.processIdentifier)")
        try PrivateFile.createFolder(scratch)
        defer { try? FileManager.default.removeItem(at: scratch) }
        try body(scratch)
    }
}

private struct SavedBackup: CommandResult {
    let path: String
    let names: [String]
    let byteCount: UInt64

    var text: String {
        "wrote \(TerminalText.line(self.path)): \(self.names.count) files, \(self.byteCount) bytes"
    }

    var json: JSONValue {
        [
            "file": .text(self.path), "bytes": .number(Int64(clamping: self.byteCount)),
            "contents": .array(self.names.map(JSONValue.text)),
        ]
    }
}
