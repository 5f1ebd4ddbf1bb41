private import DMPCrypto
private import DMPProtocol

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

/// Keeps a manifest in a file of a few lines, which is replaced in one step.
///
/// ```
/// cluster mesh.example.com
/// operator 64 hexadecimal digits
/// sequence 7
/// manifest v=dmp1;t=cluster;…
/// ```
///
/// The last line is missing if no manifest was ever used.
public struct FileManifestCache: ManifestCache {
    /// A longer file isn't one of this kind.
    static let byteLimit = 4096

    /// Where the file is. Its folder must exist.
    public let path: String

    public init(path: String) {
        self.path = path
    }

    @concurrent
    public func load() async throws(ManifestCacheFailure) -> CachedManifest? {
        guard FileManager.default.fileExists(atPath: self.path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: self.path))
        } catch {
            throw self.failure("can't be read", error)
        }
        guard data.count <= Self.byteLimit else { throw ManifestCacheFailure("\(self.path) is too long") }
        guard let text = String(validating: data, as: UTF8.self), let manifest = CachedManifest(fileText: text) else {
            throw ManifestCacheFailure("\(self.path) is not a file of this kind")
        }
        return manifest
    }

    @concurrent
    public func store(_ manifest: CachedManifest) async throws(ManifestCacheFailure) {
        do {
            try Data(manifest.fileText.utf8).write(to: URL(filePath: self.path), options: .atomic)
        } catch {
            throw self.failure("can't be written", error)
        }
    }

    private func failure(_ what: String, _ error: any Error) -> ManifestCacheFailure {
        ManifestCacheFailure("\(self.path) \(what): \(error)")
    }
}

extension CachedManifest {
    fileprivate var fileText: String {
        var text = """
            cluster \(self.cluster.text)
            operator \(self.operatorKey.hex)
            sequence \(self.highestSequence)

            """
        if let value = self.value { text += "manifest \(value.text)\n" }
        return text
    }

    fileprivate init?(fileText: String) {
        var lines = fileText.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func next(_ key: String) -> String? {
            guard let line = lines.first, line.hasPrefix("\(key) ") else { return nil }
            lines.removeFirst()
            return String(line.dropFirst(key.count + 1))
        }
        guard let clusterText = next("cluster"), let keyText = next("operator"), let number = next("sequence"),
            let sequence = UInt64(number)
        else { return nil }
        let value = next("manifest").map { TXTValue($0) }
        guard lines.elementsEqual([""]) else { return nil }
        do {
            self.init(
                cluster: try ZoneName(clusterText),
                operatorKey: try Ed25519.PublicKey(hex: keyText),
                highestSequence: sequence,
                value: value
            )
        } catch {
            return nil  // the caller says what this means
        }
    }
}
