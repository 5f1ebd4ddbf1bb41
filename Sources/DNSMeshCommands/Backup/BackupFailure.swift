import DNSMesh

extension CommandFailure {
    /// Why a backup can't be used, and what to do.
    init(_ error: BackupError, path: String) {
        switch error {
        case .foreign: self = .user("\(path) is no backup of dnsmesh")
        case .newerVersion(let version):
            self = .user("\(path) was made by a newer dnsmesh (format \(version)); update dnsmesh to restore it")
        case .truncated:
            self = .user("\(path) is cut off: it has less than it began with; copy it again from its source")
        case .excessiveCost:
            self = .user("\(path) asks for more memory or time than a backup may; it was tampered with")
        case .wrongPassphrase:
            self = .user("the passphrase isn't that of \(path), or the first bytes of it were changed")
        case .damaged: self = .user("\(path) is damaged, so nothing of it is used; restore from another copy")
        case .unexpectedContents(let name):
            self = .user("\(path) holds what no backup should: \(TerminalText.line(name)); nothing of it is used")
        case .file(let reason): self = .user(reason)
        }
    }

    /// Runs `body`, and names the backup in what goes wrong with it.
    static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as BackupError {
            throw CommandFailure(error, path: path)
        } catch let error as CommandFailure {
            throw error
        } catch let error as MeshError {
            throw error
        } catch {
            throw CommandFailure.user("can't use \(path): \(FileReason.of(error))")
        }
    }
}
