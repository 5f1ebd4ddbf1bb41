import DMPCrypto
import DNSMesh
import Foundation

/// The folder of one identity: `config.yaml` and its neighbours.
struct ConfigurationHome: Hashable, Sendable {
    let folder: URL
    /// Where `register` keeps bearer tokens: beside the configuration only if a flag named the folder.
    let tokensFolder: URL

    var configurationFile: URL { self.folder.appending(path: "config.yaml") }

    /// The flag wins over `DMP_CONFIG_HOME`, which wins over `~/.dmp`.
    init(flag: String?, tokensFlag: String? = nil, context: CommandContext) {
        let named = flag.flatMap { $0.isEmpty ? nil : $0 } ?? context.variable("DMP_CONFIG_HOME")
        let userFolder = context.userHome.appending(path: ".dmp", directoryHint: .isDirectory)
        self.folder = named.map(context.literalFile) ?? userFolder
        if let tokens = tokensFlag.flatMap({ $0.isEmpty ? nil : $0 }) {
            self.tokensFolder = context.file(at: tokens)
        } else if let tokens = context.variable("DMP_TOKENS_HOME").map(PassphraseFile.stripped), !tokens.isEmpty {
            self.tokensFolder = context.file(at: tokens)
        } else {
            self.tokensFolder = (flag == nil ? userFolder : self.folder).appending(path: "tokens")
        }
    }

    /// The end of the name of a folder that a restored one takes the place of.
    static let setAsideMark = "before-restore-"

    /// The folder that was here, if a restore was cut off before another took its place.
    var setAside: URL? {
        let target = self.folder.resolvingSymlinksInPath()
        guard !FileManager.default.fileExists(atPath: target.path) else { return nil }
        let parent = target.deletingLastPathComponent()
        let prefix = "\(target.lastPathComponent).\(Self.setAsideMark)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []  // then there is none
        return names.filter { $0.hasPrefix(prefix) }.max().map { parent.appending(path: $0) }
    }

    /// Makes the folder with mode 0700. A folder that is there keeps its mode; one that others can enter gets a warning.
    func prepare(console: Console) throws(CommandFailure) {
        do {
            try PrivateFile.createFolder(self.folder)
            guard try SecretFile.status(self.folder.path).permissions & 0o077 != 0 else { return }
            let path = self.folder.path
            console.message("warning: others can enter \(path); run `chmod 700 \(ShellWord(path))`")
        } catch {
            throw .user("can't make the folder \(self.folder.path): \(FileReason.of(error))")
        }
    }
}
