import ArgumentParser
import DMPProtocol
import DNSMesh
import Foundation

extension BackupCommand {
    /// `dnsmesh backup restore`: needs neither the network nor the identity's passphrase.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore",
            abstract: "Restore the folder of your identity from a backup.",
            discussion: "All of the file is verified before anything is written."
        )

        @Argument(help: "The backup.", completion: .file())
        var file: String

        @Flag(help: "Take the place of an identity that is there; its folder is kept beside the new one.")
        var replace = false

        @OptionGroup var passphrase: BackupPassphrase
        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let context = CommandContext.current
            let backup = context.literalFile(at: self.file)
            try CommandFailure.naming(backup.path) { try BackupReader.inspect(backup) }
            let home = self.clientOptions.home
            let target = RestoredFolder.target(of: home)
            let present = RestoredFolder.identityFile(in: target)
            if let present, !self.replace {
                throw CommandFailure.user(
                    "\(target.path) holds an identity already (\(present)); name another folder with --config-home, or "
                        + "pass --replace to put it aside"
                )
            }
            let passphrase = try await self.passphrase.read(isNew: false, context: context)
            let job = RestoreJob(backup: backup, passphrase: passphrase, home: home, context: context)
            let restored: Restoration
            if present == nil {
                restored = try await job.run()
            } else {
                restored = try await Self.withFolderAtRest(target) { try await job.run() }
            }
            try self.output.write(restored)
            restored.advise(context)
        }

        /// Nobody may receive into, or publish for, a folder that is put aside.
        private static func withFolderAtRest<Value>(
            _ folder: URL,
            _ body: () async throws -> Value
        ) async throws -> Value {
            let locks = [".recv.lock", ".prekeys.lock"].map { FolderLock(folder: folder, name: $0) }
            let value = try await locks[0].tryLock { try await locks[1].tryLock(body) }
            guard let inner = value else { throw Self.busy(folder, locks[0]) }
            guard let value = inner else { throw Self.busy(folder, locks[1]) }
            return value
        }

        private static func busy(_ folder: URL, _ lock: FolderLock) -> CommandFailure {
            .user("\(lock.holder) is at work in \(folder.path); end it, then restore again")
        }
    }
}

/// Restores one backup.
private struct RestoreJob: Sendable {
    let backup: URL
    let passphrase: SecretText
    let home: ConfigurationHome
    let context: CommandContext

    func run() async throws -> Restoration {
        let target = RestoredFolder.target(of: self.home)
        let staging = target.appendingPathExtension("restore-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            let inspection = try await BlockingWork.run { try self.unpack(into: staging) }
            let configuration = try await self.prepare(staging)
            let folder = RestoredFolder(staging: staging, home: self.home, now: self.context.now())
            let placement = try await BlockingWork.run {
                try CommandFailure.naming(target.path) { try folder.place() }
            }
            return Restoration(
                folder: target,
                configuration: configuration,
                created: inspection.note.map { UnixSeconds(rawValue: $0.created) },
                names: inspection.names,
                placement: placement
            )
        } catch {
            try? FileManager.default.removeItem(at: staging)
            throw error
        }
    }

    /// Verifies all of the backup, and only then writes the first byte.
    private func unpack(into staging: URL) throws -> BackupInspection {
        try CommandFailure.naming(self.backup.path) {
            let reader = try BackupReader(self.backup, passphrase: self.passphrase.bytes)
            var inspection = BackupInspection()
            try reader.read(into: &inspection)
            guard inspection.names.contains(BackupContents.configuration) else {
                throw BackupError.unexpectedContents("no \(BackupContents.configuration)")
            }
            try PrivateFile.createFolder(staging.deletingLastPathComponent())
            var unpacking = try BackupUnpacking(into: staging)
            try reader.read(into: &unpacking)
            return inspection
        }
    }

    /// Checks that the files can be used, brings them to the newest schema, and takes their one-time keys out of use.
    private func prepare(_ staging: URL) async throws -> Configuration {
        let home = ConfigurationHome(flag: staging.path, context: self.context)
        let configuration = try ConfigurationFile(home: home).load()
        let mesh = try ClientSettings(configuration: configuration, path: self.home.configurationFile.path)
            .mesh(allowsTOFU: false)
        let (now, logger) = (self.context.now(), self.context.logger)
        let stores = try await BlockingWork.run {
            for name in try FileManager.default.contentsOfDirectory(atPath: staging.path) where name.hasSuffix(".db") {
                try DatabaseSnapshot.verify(staging.appending(path: name))
            }
            return try MeshStores.directory(staging, now: now, logger: logger)
        }
        _ = try await stores.retirePrekeys(of: mesh.username, in: mesh.zone)
        try stores.close()
        return configuration
    }
}

private struct Restoration: CommandResult, Sendable {
    let folder: URL
    let configuration: Configuration
    let created: UnixSeconds?
    let names: [String]
    let placement: RestoredFolder.Placement

    private var age: String { self.created.map { "made \(ShownTime.text($0))" } ?? "of unknown age" }

    var text: String {
        """
        restored \(TerminalText.line(self.configuration.username)) to \(TerminalText.line(self.folder.path))
          from a backup \(self.age), \(self.names.count) files
        """
    }

    var json: JSONValue {
        [
            "folder": .text(self.folder.path), "username": .text(self.configuration.username),
            "created": self.created.map { .number(Int64(clamping: $0.rawValue)) } ?? .null,
            "contents": .array(self.names.map(JSONValue.text)), "kept": .optional(self.placement.kept?.path),
        ]
    }

    /// What the user must know and do: see `docs/backup.md`.
    func advise(_ context: CommandContext) {
        let console = context.console
        if let kept = self.placement.kept { console.message("the folder that was there is now \(kept.path)") }
        for name in self.placement.skippedTokens { console.message("the token \(name) was there already and stays") }
        console.message("messages that came after the backup was made may come once more")
        console.message(
            "use this copy of the identity only, and run `dnsmesh identity refresh-prekeys --replace` now: one-time keys "
                + "of the backup may have been used since"
        )
        guard let path = self.configuration.passphraseFile, !path.isEmpty,
            !FileManager.default.fileExists(atPath: context.file(at: path).path)
        else { return }
        console.message("passphrase_file \(path) does not exist here; write the identity's passphrase into it")
    }
}
