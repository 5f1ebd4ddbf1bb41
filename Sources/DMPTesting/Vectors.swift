package import Foundation

/// The interoperability vectors: JSON files that state what the reference client does.
///
/// They lie in `Tests/Vectors`; the environment variable `DMP_VECTORS` names another folder of the same shape.
package enum Vectors {
    /// The folder that holds one file per kind of vector.
    package static var folder: URL {
        if let other = ProcessInfo.processInfo.environment["DMP_VECTORS"], !other.isEmpty {
            return URL(fileURLWithPath: other, isDirectory: true)
        }
        return projectRoot.appending(path: "Tests/Vectors", directoryHint: .isDirectory)
    }

    /// Decodes the file `<kind>.json`.
    ///
    /// - Parameters:
    ///   - kind: The name of the file.
    ///   - isSnakeCase: Whether keys such as `chunk_names` decode into properties such as `chunkNames`.
    ///   - type: What the file holds.
    /// - Returns: The decoded file.
    /// - Throws: The error of reading or of decoding, which names the missing key.
    package static func load<File: Decodable>(
        _ kind: String,
        convertingSnakeCase isSnakeCase: Bool = false,
        as type: File.Type = File.self
    ) throws -> File {
        let data = try Data(contentsOf: folder.appending(path: "\(kind).json"))
        let decoder = JSONDecoder()
        if isSnakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
        return try decoder.decode(type, from: data)
    }

    /// Prints how many cases of a kind ran, so that a test log shows the coverage.
    package static func report(_ kind: String, cases: Int) {
        print("vectors \(kind): \(cases) cases")
    }
}

/// The folder of the checkout, found from this file's place in it.
package let projectRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
