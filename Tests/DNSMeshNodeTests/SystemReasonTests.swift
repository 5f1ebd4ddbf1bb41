import DMPCrypto
import DNSTransport
import Foundation
import NIOCore
import Testing

@testable import DNSMeshNode

@Suite("Words for errors of the system")
struct SystemReasonTests {
    @Test(
        "What an operator can cure is said in words, beneath whatever it is wrapped in",
        arguments: [
            (IOError(errnoCode: EADDRINUSE, reason: "bind"), "another program uses the port"),
            (IOError(errnoCode: EACCES, reason: "bind"), "permission denied"),
            (IOError(errnoCode: EADDRNOTAVAIL, reason: "bind"), "this machine doesn't have the address"),
            (IOError(errnoCode: 1_000, reason: "bind"), "error 1000"),
            (SecretFile.Failure(errorNumber: EROFS), "the file system is read-only"),
            (SecretFile.Failure(errorNumber: 1_000), "error 1000"),
            (
                DNSTransportError(.bindFailed, "x", underlying: IOError(errnoCode: EADDRINUSE, reason: "bind")),
                "another program uses the port"
            ),
            (CocoaError(.fileNoSuchFile), "no such file or folder"),
            (CocoaError(.fileWriteNoPermission), "permission denied"),
            (CocoaError(.fileWriteVolumeReadOnly), "the file system is read-only"),
            (CocoaError(.fileWriteOutOfSpace), "no space left"),
            (CocoaError(.fileWriteFileExists), "a part of its path is no folder"),
            (
                CocoaError(
                    .fileWriteUnknown,
                    userInfo: [NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: Int(EISDIR))]
                ),
                "it is a folder"
            ),
            (NSError(domain: "other", code: 7), "other error 7"),
        ] as [(any Error, String)]
    )
    func words(error: any Error, words: String) {
        #expect(SystemReason.of(error) == words)
    }
}
