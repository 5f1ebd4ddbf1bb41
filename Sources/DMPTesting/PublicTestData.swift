import Foundation

/// Public test data that is used in place and never copied: Wycheproof and the Ed25519 edge cases.
///
/// The folder is named by the environment variable `DMP_TEST_DATA`, by default `../shared/testdata` beside the checkout.
package enum PublicTestData {
    private static var folder: URL {
        if let other = ProcessInfo.processInfo.environment["DMP_TEST_DATA"], !other.isEmpty {
            return URL(fileURLWithPath: other, isDirectory: true)
        }
        return projectRoot.deletingLastPathComponent().appending(path: "shared/testdata", directoryHint: .isDirectory)
    }

    /// Decodes one file, or returns `nil` and says that its cases were skipped where the folder is missing.
    ///
    /// The message says how many `cases` the file holds. A file that is there but can't be read or decoded throws.
    package static func load<File: Decodable>(
        _ path: String,
        skipping cases: Int,
        as type: File.Type = File.self
    ) throws -> File? {
        let file = folder.appending(path: path)
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("skipped \(cases) cases: \(file.path) is missing; DMP_TEST_DATA names another folder")
            return nil
        }
        return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    }
}
