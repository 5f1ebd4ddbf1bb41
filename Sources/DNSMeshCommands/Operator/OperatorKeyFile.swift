import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

/// The file of an operator's seed: 64 hexadecimal digits, or 32 bytes. Source: protocol documents, "The DMP node",
/// section 2.3.
struct OperatorKeyFile: Sendable {
    /// The path as the user wrote it.
    let path: String
    let context: CommandContext

    private var url: URL { self.context.file(at: self.path) }

    /// Makes the file with mode 0600.
    ///
    /// - Throws: ``CommandFailure`` if there is a file of that name already, or it can't be written.
    func create(_ key: OperatorKey) async throws {
        let (url, path) = (self.url, self.path)
        try await BlockingWork.run {
            do {
                try PrivateFile.create(url, with: key.fileContent)
            } catch let failure as SecretFile.Failure where failure.errorNumber == EEXIST {
                throw CommandFailure.user(
                    "\(path) exists; an operator's key is never overwritten, so name another file"
                )
            } catch {
                throw CommandFailure.user("can't make \(path): \(FileReason.of(error))")
            }
        }
    }

    /// - Throws: ``CommandFailure`` if the file can't be read, others could read it, or it holds no seed.
    func read() async throws -> OperatorKey {
        let input = SecretInput(self.path, context: self.context)
        return try await BlockingWork.run {
            let content = try input.read()
            do {
                return try OperatorKey(fileContent: content)
            } catch {
                throw CommandFailure.user(
                    "\(input.path) holds no operator's seed: that is 64 hexadecimal digits; make one with "
                        + "`dnsmesh operator keygen`"
                )
            }
        }
    }
}
