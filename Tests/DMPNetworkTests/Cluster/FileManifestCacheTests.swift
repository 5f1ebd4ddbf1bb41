import DMPNetwork
import DMPProtocol
import Foundation
import Testing

@Suite("A manifest kept in a file")
struct FileManifestCacheTests {
    private let path = NSTemporaryDirectory() + "/manifest-\(UUID().uuidString)"

    @Test("What was stored is loaded, with and without a manifest", arguments: [true, false])
    func roundTrip(hasManifest: Bool) async throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        let cache = FileManifestCache(path: self.path)
        #expect(try await cache.load() == nil)
        let alice = try Operator(1)
        let content = CachedManifest(
            cluster: try ZoneName("mesh.test"),
            operatorKey: alice.key,
            highestSequence: .max,
            value: hasManifest ? try alice.manifest(7) : nil
        )
        try await cache.store(content)
        #expect(try await cache.load() == content)
    }

    @Test(
        "A file of another kind is refused",
        arguments: ["", "cluster mesh.test\n", "v=dmp1;t=cluster;AAAA", String(repeating: "x", count: 5000)]
    )
    func malformed(text: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: self.path) }
        try Data(text.utf8).write(to: URL(filePath: self.path))
        await #expect(throws: ManifestCacheFailure.self) { try await FileManifestCache(path: self.path).load() }
    }

    @Test("A file that can't be written is a failure")
    func unwritable() async throws {
        let content = CachedManifest(
            cluster: try ZoneName("mesh.test"),
            operatorKey: try Operator(1).key,
            highestSequence: 1,
            value: nil
        )
        await #expect(throws: ManifestCacheFailure.self) {
            try await FileManifestCache(path: self.path + "/missing/file").store(content)
        }
    }
}
