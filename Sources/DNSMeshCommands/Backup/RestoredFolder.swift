import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// Puts a folder that was unpacked and verified in the place where it is to be used.
struct RestoredFolder {
    /// The unpacked files, beside the target.
    let staging: URL
    let home: ConfigurationHome
    let now: UnixSeconds

    /// What became of the files.
    struct Placement: Hashable {
        /// Where the folder that was there is now.
        var kept: URL?
        /// Tokens that were there already and stay as they are.
        var skippedTokens: [String] = []
    }

    private static let identityFiles = ["config.yaml", "prekeys.db", "state.db", "intros.db", "replay_cache.json"]

    /// Where the files go: a link to the folder stays a link.
    static func target(of home: ConfigurationHome) -> URL { home.folder.resolvingSymlinksInPath() }

    /// The first file of an identity in the folder; `nil` if there is none.
    static func identityFile(in folder: URL) -> String? {
        self.identityFiles.first { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
    }

    private var target: URL { Self.target(of: self.home) }

    /// Blocks its thread.
    func place() throws -> Placement {
        var placement = Placement()
        if !FileManager.default.fileExists(atPath: self.target.path) {
            try SecretFile.rename(self.staging.path, to: self.target.path)
        } else if Self.identityFile(in: self.target) == nil {
            try self.moveIn()
        } else {
            placement.kept = try self.exchange()
        }
        try SecretFile.synchronizeFolder(self.target.deletingLastPathComponent().path)
        placement.skippedTokens = try self.moveTokens()
        return placement
    }

    /// The folder that is there goes aside as a whole; if the new one can't take its place, it comes back.
    private func exchange() throws -> URL {
        var kept = self.target.appendingPathExtension("\(ConfigurationHome.setAsideMark)\(self.now.rawValue)")
        for number in 1..<100 where FileManager.default.fileExists(atPath: kept.path) {
            kept = self.target.appendingPathExtension("\(ConfigurationHome.setAsideMark)\(self.now.rawValue)-\(number)")
        }
        try SecretFile.rename(self.target.path, to: kept.path)
        do {
            try SecretFile.rename(self.staging.path, to: self.target.path)
        } catch {
            try SecretFile.rename(kept.path, to: self.target.path)
            throw error
        }
        return kept
    }

    /// The folder holds files that are no identity, for example a passphrase: they stay. The config comes last, as it
    /// makes the rest an identity.
    private func moveIn() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: self.staging.path)
            .filter { $0 != "tokens" && $0 != BackupContents.configuration }
        for name in names.sorted() + [BackupContents.configuration] {
            try SecretFile.rename(
                self.staging.appending(path: name).path,
                to: self.target.appending(path: name).path
            )
        }
        try self.moveTokens(from: self.staging.appending(path: "tokens"), to: self.target.appending(path: "tokens"))
        try FileManager.default.removeItem(at: self.staging)
        try SecretFile.synchronizeFolder(self.target.path)
    }

    /// Tokens may belong elsewhere than beside the config. One that is there is as good as the one of the backup, or
    /// better.
    private func moveTokens() throws -> [String] {
        let restored = self.target.appending(path: "tokens")
        guard self.home.tokensFolder.resolvingSymlinksInPath() != restored else { return [] }
        return try self.moveTokens(from: restored, to: self.home.tokensFolder)
    }

    /// - Returns: The names of those that were there.
    @discardableResult
    private func moveTokens(from source: URL, to folder: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: source.path) else { return [] }
        var skipped: [String] = []
        let names = try FileManager.default.contentsOfDirectory(atPath: source.path).sorted()
        if !names.isEmpty { try PrivateFile.createFolder(folder) }
        for name in names {
            let (from, to) = (source.appending(path: name), folder.appending(path: name))
            if FileManager.default.fileExists(atPath: to.path) {
                skipped.append(name)
            } else {
                try FileManager.default.moveItem(at: from, to: to)
            }
        }
        if skipped.isEmpty { try FileManager.default.removeItem(at: source) }
        return skipped
    }
}
