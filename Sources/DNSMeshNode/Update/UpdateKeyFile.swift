private import DMPProtocol
internal import DNSWire
private import Foundation

/// The file with the keys of those who may update the zone.
///
/// One key in a line: name, algorithm, secret in base64, and the suffixes of the names that it may write, all of the zone if
/// none is given. `#` begins a comment. Only its owner may read the file.
struct UpdateKeyFile: UpdateKeySource {
    let path: String
    let variable = "DMP_TSIG_KEY_FILE"
    /// The zone that suffixes must lie in.
    let zone: DNSName

    /// Room for some thousand keys.
    private static let byteLimit = 1_048_576

    func readNow() throws(UpdateKeyFileError) -> [UpdateKey] {
        try self.checkFile(byteLimit: Self.byteLimit)
        let bytes: [UInt8]
        do {
            bytes = try Array(Data(contentsOf: URL(fileURLWithPath: self.path)))
        } catch {
            throw self.error("can't be read: \(SystemReason.of(error))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw self.error("is not UTF-8") }
        return try self.keys(in: text)
    }

    /// Reads the lines of the file.
    func keys(in text: String) throws(UpdateKeyFileError) -> [UpdateKey] {
        var keys: [UpdateKey] = []
        var names: Set<DNSName> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard !words.isEmpty else { continue }
            let place = "line \(index + 1)"
            guard words.count >= 3 else {
                throw self.error("\(place): expects a name, an algorithm and a secret in base64")
            }
            let key = try self.key(name: words[0], algorithm: words[1], secret: words[2], place: place)
            guard names.insert(key.name).inserted else {
                throw self.error("\(place): the key \(key.name) stands twice")
            }
            let suffixes = try words.dropFirst(3).map { (word) throws(UpdateKeyFileError) in
                try self.suffix(String(word), place: place)
            }
            keys.append(UpdateKey(key: key, scope: UpdateScope(suffixes.isEmpty ? [self.zone] : suffixes)))
        }
        return keys
    }

    private func key(
        name: Substring,
        algorithm: Substring,
        secret: Substring,
        place: String
    ) throws(UpdateKeyFileError) -> TSIGKey {
        guard let algorithm = TSIGAlgorithm(algorithm) else {
            let known = TSIGAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.error("\(place): the algorithm is none of \(known)")
        }
        // A short secret can be guessed from one captured packet.
        guard let bytes = Base64.decode(Array(secret.utf8)[...]), bytes.count >= 16 else {
            throw self.error("\(place): the secret must be the base64 text of at least 16 bytes")
        }
        do throws(DNSNameError) {
            let name = try DNSName(String(name))
            guard let key = TSIGKey(name: name, algorithm: algorithm, secret: bytes) else {
                throw DNSNameError.emptyName
            }
            return key
        } catch {
            throw self.error("\(place): the name of the key can't be used: \(error)")
        }
    }

    private func suffix(_ text: String, place: String) throws(UpdateKeyFileError) -> DNSName {
        do {
            let suffix = try DNSName(text)
            guard suffix.isSubdomain(of: self.zone) else {
                throw self.error("\(place): the suffix \(suffix) is outside the zone \(self.zone)")
            }
            return suffix
        } catch let error as UpdateKeyFileError {
            throw error
        } catch {
            throw self.error("\(place): a suffix is no domain name: \(error)")
        }
    }
}
