import DMPProtocol
import Foundation

@testable import DNSMeshNode

/// Lends a new folder, and removes it after.
func withTemporaryFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dnsmesh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(folder)) } catch { outcome = .failure(error) }
    try FileManager.default.removeItem(at: folder)
    return try outcome.get()
}

/// Lends an empty store.
func withTemporaryStore<Value>(
    limits: RecordLimits = RecordLimits(),
    _ body: (RecordStore) async throws -> Value
) async throws -> Value {
    try await withTemporaryFolder { folder in
        let store = try await RecordStore.open(at: folder.appending(path: "records.db").path, limits: limits)
        let value = try await body(store)
        try store.close()
        return value
    }
}

extension RecordName: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        guard let name = RecordName(text) else { fatalError("not a record name: \(text)") }
        self = name
    }
}
