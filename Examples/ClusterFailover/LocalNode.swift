import DMPProtocol
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Logging

/// A node in this process, which can be stopped while others go on.
struct LocalNode: Sendable {
    let id: String
    let httpEndpoint: String
    let dnsAddress: UpstreamAddress
    private let isWanted: AsyncStream<Never>.Continuation
    private let hasStopped: AsyncStream<Never>

    /// Ends the node, and waits until it no longer answers.
    func stop() async {
        self.isWanted.finish()
        for await _ in self.hasStopped {}
    }

    /// Runs three nodes in a temporary folder while `body` runs.
    static func withThree(_ body: ([LocalNode]) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ClusterFailover-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (starts, start) = AsyncStream.makeStream(of: LocalNode.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for number in 1...3 {
                group.addTask {
                    do {
                        try await Self.run("n\(number)", in: folder) { start.yield($0) }
                    } catch {
                        start.finish()  // nobody needs to wait for the others
                        throw error
                    }
                }
            }
            var nodes: [LocalNode] = []
            for await node in starts.prefix(3) { nodes.append(node) }
            if nodes.count < 3 { try await group.waitForAll() }
            try await body(nodes.sorted { $0.id < $1.id })
            for node in nodes { await node.stop() }
            try await group.waitForAll()
        }
    }

    private static func run(_ id: String, in folder: URL, whenUp: @Sendable (LocalNode) -> Void) async throws {
        var configuration = NodeConfiguration()
        configuration.databasePath = folder.appending(path: "\(id).db").path
        configuration.dnsPort = 0  // any that is free
        configuration.httpPort = 0
        configuration.httpLimit = .off
        configuration.dnsLimit = .off
        let logger = Logger(label: id) { _ in SwiftLogNoOpLogHandler() }
        let (wanted, isWanted) = AsyncStream.makeStream(of: Never.self)
        let (stopped, hasStopped) = AsyncStream.makeStream(of: Never.self)
        defer { hasStopped.finish() }
        try await withNode(configuration, logger: logger, now: UnixSeconds.systemTime) { node in
            whenUp(
                LocalNode(
                    id: id,
                    httpEndpoint: node.httpEndpoint,
                    dnsAddress: node.dnsAddress,
                    isWanted: isWanted,
                    hasStopped: stopped
                )
            )
            for await _ in wanted {}
        }
    }
}
