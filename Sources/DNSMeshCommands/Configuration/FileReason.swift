import DMPCrypto
import DNSMesh
import Foundation

/// A few words on why a file operation failed.
enum FileReason {
    static func of(_ error: any Error) -> String {
        if let failure = error as? SecretFile.Failure { return self.words(for: failure.errorNumber) ?? "\(failure)" }
        var current = error as NSError
        while let deeper = current.userInfo[NSUnderlyingErrorKey] as? NSError { current = deeper }
        guard current.domain == NSPOSIXErrorDomain, let number = Int32(exactly: current.code) else {
            return PrivateFile.reason(error)
        }
        return self.words(for: number) ?? PrivateFile.reason(current)
    }

    private static func words(for errorNumber: Int32) -> String? {
        switch errorNumber {
        case EACCES, EPERM: "permission denied"
        case EBADF: "it is closed"
        case EISDIR: "it is a folder"
        case ENOENT: "no such file or folder"
        case ENOSPC: "no space left"
        case ENOTDIR: "a part of its path is no folder"
        case EROFS: "the file system is read-only"
        default: nil
        }
    }
}
