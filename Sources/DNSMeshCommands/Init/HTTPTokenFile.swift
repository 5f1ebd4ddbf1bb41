import DMPCrypto

/// What `--http-token-file` names: a file, or standard input as `-`.
struct HTTPTokenFile {
    let path: String
    let context: CommandContext
    private static let name = "--http-token-file"

    /// The token, without the white space at both ends.
    ///
    /// - Throws: ``CommandFailure`` if there is no such file, or it holds anything but one line of UTF-8.
    func read() throws -> String {
        let token = self.path == "-" ? try self.readInput() : try self.readFile()
        guard !token.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw CommandFailure.user("\(Self.name) \(self.path) holds more than one line; a token is one line")
        }
        return token
    }

    private func readInput() throws -> String {
        guard let text = String(validating: try self.context.readInput(), as: UTF8.self) else {
            throw CommandFailure.user("the token on standard input isn't UTF-8 text; write it again")
        }
        let token = PassphraseFile.stripped(text)
        guard !token.isEmpty else { throw CommandFailure.user("standard input is empty; write the token to it") }
        return token
    }

    private func readFile() throws(CommandFailure) -> String {
        let file = PassphraseFile(path: self.path, name: Self.name, content: "token", context: self.context)
        guard let token = try file.read() else {
            throw .user("without a token nothing was written; name another file")
        }
        return token.bytes.withBytes { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
    }
}
