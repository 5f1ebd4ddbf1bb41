private import DMPCrypto
private import DNSTransport
private import Foundation
private import NIOCore

/// A few words on why the operating system refused something.
enum SystemReason {
    static func of(_ error: any Error) -> String {
        if let error = error as? DNSTransportError, let underlying = error.underlying { return self.of(underlying) }
        if let error = error as? SecretFile.Failure {
            return self.words(for: error.errorNumber) ?? "error \(error.errorNumber)"
        }
        if let error = error as? IOError { return self.words(for: error.errnoCode) ?? "error \(error.errnoCode)" }
        var deepest = error as NSError
        while let deeper = deepest.userInfo[NSUnderlyingErrorKey] as? NSError { deepest = deeper }
        if deepest.domain == NSPOSIXErrorDomain, let words = Int32(exactly: deepest.code).flatMap(self.words) {
            return words
        }
        if let error = deepest as? CocoaError, let words = self.words(for: error.code) { return words }
        return "\(deepest.domain) error \(deepest.code)"
    }

    private static func words(for errorNumber: Int32) -> String? {
        switch errorNumber {
        case EACCES, EPERM: "permission denied"
        case EADDRINUSE: "another program uses the port"
        case EADDRNOTAVAIL: "this machine doesn't have the address"
        case EISDIR: "it is a folder"
        case ENOENT: "no such file or folder"
        case ENOSPC: "no space left"
        case ENOTDIR, EEXIST: "a part of its path is no folder"
        case EROFS: "the file system is read-only"
        default: nil
        }
    }

    private static func words(for code: CocoaError.Code) -> String? {
        switch code {
        case .fileReadNoPermission, .fileWriteNoPermission: self.words(for: EACCES)
        case .fileNoSuchFile, .fileReadNoSuchFile: self.words(for: ENOENT)
        case .fileWriteOutOfSpace: self.words(for: ENOSPC)
        case .fileWriteFileExists: self.words(for: EEXIST)
        case .fileWriteVolumeReadOnly: self.words(for: EROFS)
        default: nil
        }
    }
}
