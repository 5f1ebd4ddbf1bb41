import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// The file `config.yaml` on disk. Source: protocol documents, "Files on disk", sections 2.3, 9.1 and 9.2.
struct ConfigurationFile: Sendable {
    let home: ConfigurationHome

    private var url: URL { self.home.configurationFile }
    var path: String { self.url.path }

    var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// - Throws: ``CommandFailure`` with the next step if the file is missing, unreadable or damaged.
    func load() throws(CommandFailure) -> Configuration {
        try self.read().document.configuration
    }

    /// Applies a change to whatever the file holds now, under the folder's lock.
    ///
    /// - Returns: What the file holds afterwards.
    func update(
        _ change: @escaping @Sendable (inout Configuration) throws -> Void
    ) async throws -> Configuration {
        try await BlockingWork.run {
            _ = try self.load()  // without a file there may be no folder to lock
            return try FolderLock(folder: self.home.folder).withLock { try self.updateLocked(change) }
        }
    }

    /// Writes a new file. With `replacing`, one that is there is kept aside.
    ///
    /// - Returns: Where the file that was there is now.
    func create(_ configuration: Configuration, replacing: Bool, now: UnixSeconds) async throws -> URL? {
        try await BlockingWork.run {
            try FolderLock(folder: self.home.folder).withLock {
                guard replacing || !self.exists else { throw CommandFailure.configurationExists(at: self.path) }
                let kept = try self.keepAside(now: now)
                try self.write(ConfigurationDocument.text(for: configuration))
                return kept
            }
        }
    }

    // MARK: - Under the lock

    private struct Snapshot {
        let document: ConfigurationDocument
        let bytes: [UInt8]
        /// Changes when another program writes the file.
        let identity: SecretFile.Status
    }

    /// The Python client takes no lock: if it writes meanwhile, the change is made again on what it wrote.
    private func updateLocked(_ change: (inout Configuration) throws -> Void) throws -> Configuration {
        for _ in 0..<5 {
            let snapshot = try self.read()
            var changed = snapshot.document.configuration
            try change(&changed)
            let text = try self.naming { () throws(ConfigurationFault) in try snapshot.document.text(for: changed) }
            if Array(text.utf8) == snapshot.bytes { return changed }
            guard try self.identity() == snapshot.identity else { continue }
            try self.write(text)
            return changed
        }
        throw CommandFailure.user("\(self.path) keeps changing; end the other program that writes it, then try again")
    }

    private func read() throws(CommandFailure) -> Snapshot {
        let bytes: [UInt8]
        let identity: SecretFile.Status
        do {
            identity = try self.identity()
            bytes = try [UInt8](Data(contentsOf: self.url.resolvingSymlinksInPath()))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            guard self.exists else { throw self.missing }
            throw .user("can't read \(self.path): \(FileReason.of(error))")
        }
        let document = try self.naming { () throws(ConfigurationFault) in try ConfigurationDocument(bytes) }
        return Snapshot(document: document, bytes: bytes, identity: identity)
    }

    private var missing: CommandFailure {
        .user(
            self.cutOffRestore
                ?? "no config at \(self.path); run `dnsmesh init USERNAME`, or name its folder with --config-home"
        )
    }

    /// Why there is no config, if a restore has moved the folder away that held it and put none in its place.
    var cutOffRestore: String? {
        self.home.setAside.map { aside in
            let folder = self.home.folder.resolvingSymlinksInPath()
            return "no config at \(self.path): a restore was cut off. Run `dnsmesh backup restore` again, or "
                + "`mv \(ShellWord(aside.path)) \(ShellWord(folder.path))` to have back what was there"
        }
    }

    private func naming<Value>(_ body: () throws(ConfigurationFault) -> Value) throws(CommandFailure) -> Value {
        do {
            return try body()
        } catch {
            throw .user("\(self.path): \(error)")
        }
    }

    private func identity() throws -> SecretFile.Status {
        let status = try SecretFile.status(self.path)
        guard status.isRegularFile else {
            throw CommandFailure.user("\(self.path) is not a regular file; move it away and restore the config")
        }
        return status
    }

    private func write(_ text: String) throws {
        do {
            try PrivateFile.replace(self.url, with: Array(text.utf8))
        } catch {
            throw CommandFailure.user("can't write \(self.path): \(FileReason.of(error))")
        }
    }

    private func keepAside(now: UnixSeconds) throws -> URL? {
        guard self.exists else { return nil }
        let seconds = now.rawValue
        for number in 0..<100 {
            let suffix = number == 0 ? "bak-\(seconds)" : "bak-\(seconds)-\(number)"
            let kept = self.url.appendingPathExtension(suffix)
            guard !FileManager.default.fileExists(atPath: kept.path) else { continue }
            let bytes = try [UInt8](Data(contentsOf: self.url.resolvingSymlinksInPath()))
            try PrivateFile.replace(kept, with: bytes)
            return kept
        }
        throw CommandFailure.user("can't keep \(self.path) aside: too many backups; remove some")
    }
}

extension CommandFailure {
    static func configurationExists(at path: String) -> CommandFailure {
        .user("\(path) exists; to replace this identity by a new one, run `dnsmesh init` with --force")
    }
}
