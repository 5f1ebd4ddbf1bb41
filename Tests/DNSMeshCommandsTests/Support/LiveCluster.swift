import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSMesh
import DNSMeshNode
import DNSTransport
import Foundation
import Testing

@testable import DNSMeshCommands

/// Nodes that run inside the test, and the operator who makes a cluster of them.
struct LiveCluster {
    static let name = "mesh.test"

    let nodes: [RunningNode]
    let folder: URL
    let clusterOperator: TestOperator
    /// When its manifests expire.
    let expires = UnixSeconds.systemTime().adding(86_400)

    /// Lends `count` nodes that nobody has heard of yet.
    static func run(of count: Int, _ body: (LiveCluster) async throws -> Void) async throws {
        let clusterOperator = try TestOperator(0x11)
        try await withTestFolder { folder in
            try await withLoopbackNodes(count, in: folder) { nodes in
                try await body(LiveCluster(nodes: nodes, folder: folder, clusterOperator: clusterOperator))
            }
        }
    }

    /// An entry for each node: n01, n02 and so on.
    var entries: [DMPProtocol.ClusterNode] {
        get throws {
            try self.nodes.enumerated().map { index, node in
                try DMPProtocol.ClusterNode(
                    id: "n0\(index + 1)",
                    httpEndpoint: node.httpEndpoint,
                    dnsEndpoint: node.resolver
                )
            }
        }
    }

    func manifest(_ sequence: UInt64, _ entries: [DMPProtocol.ClusterNode]? = nil) throws -> TXTValue {
        try self.clusterOperator.manifest(
            of: Self.name,
            sequence: sequence,
            expires: self.expires,
            nodes: entries ?? self.entries
        )
    }

    /// Publishes a value at all nodes, or at those with the given indices.
    func publish(_ value: TXTValue, at name: String, nodes indices: [Int]? = nil) async throws {
        for index in indices ?? Array(self.nodes.indices) { try await self.nodes[index].publish(value, at: name) }
    }

    /// Publishes a manifest at all nodes.
    func announce(_ sequence: UInt64, _ entries: [DMPProtocol.ClusterNode]? = nil) async throws {
        try await self.publish(try self.manifest(sequence, entries), at: "cluster.\(Self.name)")
    }

    /// Somebody with a config that reads through all nodes, and knows no endpoint.
    func user(_ name: String, _ options: String...) async throws -> TestUser {
        let user = TestUser(
            folder: self.folder.appending(path: name),
            environment: ["DMP_PASSPHRASE": "the passphrase of \(name)"],
            now: UnixSeconds.systemTime
        )
        let resolvers = self.nodes.map(\.resolver).joined(separator: ",")
        let made = await user.run(["init", name, "--dns-resolvers", resolvers] + options)
        #expect(made.code == .success, "\(made)")
        return user
    }

    /// Somebody who uses the cluster.
    func member(_ name: String) async throws -> TestUser {
        let user = try await self.user(name)
        await user.expect(.success, "cluster", "pin", self.clusterOperator.key.hex, Self.name)
        await user.expect(.success, "cluster", "enable")
        return user
    }
}

extension RunningNode {
    func publish(_ value: TXTValue, at name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await withHTTPRecordWriter(to: HTTPEndpoint(self.httpEndpoint), token: nil) { writer in
            let deadline = ErasedClock.continuous.now.advanced(by: .seconds(20))
            let result = try await writer.publish(value, at: OwnerName(name), ttl: 3600, deadline: deadline)
            #expect(result == .accepted, sourceLocation: sourceLocation)
        }
    }
}

extension RunningNode {
    func withdraw(_ value: TXTValue, at name: String) async throws {
        try await withHTTPRecordWriter(to: HTTPEndpoint(self.httpEndpoint), token: nil) { writer in
            let deadline = ErasedClock.continuous.now.advanced(by: .seconds(20))
            let result = try await writer.delete(value, at: OwnerName(name), deadline: deadline)
            #expect(result == .accepted)
        }
    }
}

extension TestUser {
    /// Runs a command and checks its exit code.
    @discardableResult
    func expect(
        _ code: ExitCode,
        _ arguments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> Outcome {
        let outcome = await self.run(arguments)
        #expect(outcome.code == code, "\(arguments): \(outcome)", sourceLocation: sourceLocation)
        return outcome
    }
}
