import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Logging

/// Lends `count` nodes that run inside the test, each with a store of its own in `folder`.
///
/// They hold nothing at first, and say about every name that it doesn't exist.
func withLoopbackNodes(
    _ count: Int,
    in folder: URL,
    running: [RunningNode] = [],
    _ body: ([RunningNode]) async throws -> Void
) async throws {
    guard running.count < count else { return try await body(running) }
    var configuration = NodeConfiguration()
    configuration.databasePath = folder.appending(path: "node-\(running.count).db").path
    configuration.dnsPort = 0
    configuration.httpPort = 0
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try await withNode(configuration, logger: logger, now: UnixSeconds.systemTime) { node in
        try await withLoopbackNodes(count, in: folder, running: running + [node], body)
    }
}

/// An address of this machine at which nobody listens any more.
func closedAddress(in folder: URL) async throws -> String {
    var address = ""
    let own = folder.appending(path: "closed", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    try await withLoopbackNodes(1, in: own) { nodes in address = nodes[0].resolver }
    return address
}

extension RunningNode {
    /// Its DNS address as an entry of `dns_resolvers`.
    var resolver: String { "127.0.0.1:\(self.dnsAddress.port)" }
}
