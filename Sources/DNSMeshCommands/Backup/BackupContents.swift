import DNSMesh
import Foundation

/// Which files of an identity's folder a backup holds, and under which names.
struct BackupContents {
    /// A file to be saved.
    struct Source: Hashable {
        let name: String
        let url: URL

        /// Databases are copied through SQLite.
        var isDatabase: Bool { self.name.hasSuffix(".db") }
    }

    static let configuration = "config.yaml"
    /// What the backup says of itself; no file of the folder.
    static let note = "about.json"
    private static let tokens = "tokens/"
    private static let extensions: Set<String> = ["db", "json", "wire", "yaml"]

    /// Whether a file of that name is part of backups. Names with a path in them, or hidden ones, never are.
    static func isAllowed(_ name: String) -> Bool {
        let plain = name.hasPrefix(self.tokens) ? name.dropFirst(self.tokens.count) : name[...]
        let isPlain = plain.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isPlain, plain.utf8.count <= 255, plain.first != ".", plain.first != "-",
            let dot = plain.lastIndex(of: "."), dot > plain.startIndex
        else { return false }
        let suffix = String(plain[plain.index(after: dot)...])
        return name.hasPrefix(self.tokens) ? suffix == "json" : self.extensions.contains(suffix)
    }

    let home: ConfigurationHome
    /// A passphrase never becomes part of a backup.
    let passphraseFile: URL?

    /// The files in the order in which they are to be saved.
    ///
    /// Messages that come meanwhile must not get lost to the copy: their one-time key, and the note that they were
    /// delivered, are saved before the file in which they lie.
    func sources() throws -> [Source] {
        let own = try self.files(in: self.home.folder, prefix: "")
        let tokens = try self.files(in: self.home.tokensFolder, prefix: Self.tokens)
        return (own + tokens).sorted { (Self.rank($0), $0.name) < (Self.rank($1), $1.name) }
    }

    private static func rank(_ source: Source) -> Int {
        switch source.name {
        case self.configuration: 0
        case "prekeys.db": 2
        case "state.db": 4
        default: source.isDatabase ? 3 : 1
        }
    }

    private func files(in folder: URL, prefix: String) throws -> [Source] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        let passphrase = self.passphraseFile?.resolvingSymlinksInPath()
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { name in
            let url = folder.appending(path: name).resolvingSymlinksInPath()
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            guard Self.isAllowed(prefix + name), prefix + name != Self.note, url != passphrase,
                attributes[.type] as? FileAttributeType == .typeRegular
            else { return nil }
            return Source(name: prefix + name, url: url)
        }
    }
}

/// What a backup says of itself.
struct BackupNote: Codable {
    /// Unix seconds.
    let created: UInt64
    /// The program and its version.
    let program: String
}
