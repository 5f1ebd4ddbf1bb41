import ArgumentParser
import DMPNetwork
import DMPProtocol
import DNSMesh
import Foundation

/// What `cluster sign` and `bootstrap sign` have in common.
struct SigningOptions: ParsableArguments {
    @Argument(help: "The YAML file that says what is to be signed.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp("The operator's seed file, which `dnsmesh operator keygen` makes.", valueName: "file"),
        completion: .file()
    )
    var key: String

    @Option(
        help: ArgumentHelp("Write the signed record to this file too, as a node reads it.", valueName: "file"),
        completion: .file()
    )
    var save: String?

    @Option(
        help: ArgumentHelp("Publish to this node. May be given several times.", valueName: "url"),
        transform: ArgumentReading.endpoint
    )
    var publishTo: [HTTPEndpoint] = []

    @Option(
        help: ArgumentHelp(
            "The file of the nodes' bearer token; wins over DMP_OPERATOR_TOKEN. Nobody but you may read it.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

    @OptionGroup var output: OutputOptions
}

extension SigningOptions {
    /// Reads and checks the YAML file.
    func draft<Draft>(_ read: (String) throws(DraftFault) -> Draft) async throws -> Draft {
        let (url, path) = (CommandContext.current.file(at: self.file), self.file)
        let text = try await BlockingWork.run { try Self.text(of: url, path) }
        return try self.naming { () throws(DraftFault) in try read(text) }
    }

    /// Puts the name of the file in front of what is wrong in it.
    func naming<Value>(_ body: () throws(DraftFault) -> Value) throws(CommandFailure) -> Value {
        do throws(DraftFault) { return try body() } catch { throw .user("\(self.file): \(error)") }
    }

    /// The key in the file that `--key` names.
    func operatorKey() async throws -> OperatorKey {
        try await OperatorKeyFile(path: self.key, context: .current).read()
    }

    /// The token of the nodes, if there is one.
    func token() async throws -> BearerToken? {
        let context = CommandContext.current
        if let path = self.tokenFile {
            let input = SecretInput(path, context: context)
            let content = try await BlockingWork.run { try input.read() }
            return try Self.token(String(decoding: content, as: UTF8.self), from: path)
        }
        for variable in ["DMP_OPERATOR_TOKEN", "DMP_HTTP_TOKEN"] {
            if let text = context.variable(variable) { return try Self.token(text, from: variable) }
        }
        return nil
    }

    private static func token(_ text: String, from place: String) throws(CommandFailure) -> BearerToken {
        do { return try BearerToken(text) } catch { throw .user("\(place): \(error.message)") }
    }

    /// Writes the record to the file that `--save` names. It is public, so everybody may read it.
    func write(_ value: TXTValue) async throws {
        guard let path = self.save else { return }
        let url = CommandContext.current.file(at: path)
        try await BlockingWork.run {
            do {
                try PrivateFile.replace(url, with: value.bytes)
                let target = url.resolvingSymlinksInPath().path
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target)
            } catch {
                throw CommandFailure.user("can't write \(path): \(FileReason.of(error))")
            }
        }
    }

    /// What was saved before under the name that `--save` gives; `nil` if there is nothing.
    func savedBefore() async throws -> TXTValue? {
        guard let path = self.save else { return nil }
        let url = CommandContext.current.file(at: path)
        return try await BlockingWork.run {
            guard FileManager.default.fileExists(atPath: url.path) else { return nil }
            return TXTValue(PassphraseFile.stripped(try Self.text(of: url, path)))
        }
    }

    /// More than this is no such file.
    private static let byteLimit = 65_536

    private static func text(of url: URL, _ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw CommandFailure.user("there is no file \(path)")
        }
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
            guard attributes[.type] as? FileAttributeType == .typeRegular,
                let size = attributes[.size] as? NSNumber, size.intValue <= self.byteLimit
            else { throw CommandFailure.user("\(path) is no file of at most \(self.byteLimit) bytes; name another") }
            guard let text = String(validating: try Data(contentsOf: url), as: UTF8.self) else {
                throw CommandFailure.user("\(path) isn't UTF-8 text; write it again")
            }
            return text
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure.user("can't read \(path): \(FileReason.of(error))")
        }
    }
}
