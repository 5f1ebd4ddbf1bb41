import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import Foundation

/// Alice and Bob write to each other through a cluster of three nodes, one of which goes away meanwhile.
///
/// Everything runs in this process, on loopback and in a temporary folder: the three nodes, their operator, and both users.
@main
struct ClusterFailover {
    static let cluster = "mesh.example"

    static func main() async throws {
        try await LocalNode.withThree { nodes in
            let operatorKey = OperatorKey.random()
            try await announce(nodes, signedBy: operatorKey)
            try await withAccess(to: nodes, of: operatorKey) { network in
                let (alice, bob) = (try client("alice", on: network), try client("bob", on: network))
                try await introduce(alice, bob)
                let texts = (1...6).map { "message \($0)" }
                for (index, text) in texts.enumerated() {
                    if index == 2 {
                        print("\(nodes[0].id) goes away")
                        await nodes[0].stop()
                    }
                    let receipt = try await alice.send(text, to: "bob")
                    print("alice sent \"\(text)\" in \(receipt.chunkCount) chunks")
                }
                let received = try await bob.receive().messages.compactMap(\.text)
                print("bob received \(received.count) of \(texts.count) messages")
                _ = try await bob.send("I have them all", to: "alice")
                for message in try await alice.receive().messages { print("alice received \"\(message.text ?? "")\"") }
                try await describe(network)
            }
        }
    }

    // MARK: - The operator

    /// Signs who the nodes are, and publishes it at each of them.
    private static func announce(_ nodes: [LocalNode], signedBy key: OperatorKey) async throws {
        let manifest = try ClusterManifest(
            name: RecordDomain(cluster),
            operatorKey: key.publicKey,
            sequence: 1,
            expires: UnixSeconds.systemTime().adding(86_400),
            nodes: nodes.map {
                try DMPProtocol.ClusterNode(id: $0.id, httpEndpoint: $0.httpEndpoint, dnsEndpoint: "\($0.dnsAddress)")
            }
        )
        let signed = try key.sign(manifest, now: UnixSeconds.systemTime())
        for node in nodes {
            try await withHTTPRecordWriter(to: HTTPEndpoint(node.httpEndpoint), token: nil) { writer in
                let result = try await writer.publish(
                    signed.value,
                    at: .cluster(manifest.name.zone),
                    ttl: 86_400,
                    deadline: ErasedClock.continuous.now.advanced(by: .seconds(10))
                )
                print("the manifest is at \(node.id): \(result)")
            }
        }
    }

    // MARK: - The users

    /// Lends the cluster, found by nothing but its name and its operator's public key.
    private static func withAccess(
        to nodes: [LocalNode],
        of operatorKey: OperatorKey,
        _ body: (ClusterNetwork) async throws -> Void
    ) async throws {
        let manifest = try ClusterManifestFetch(RecordDomain(cluster), operatorKey: operatorKey.publicKey)
        // Resolvers of the world would do as well, once the zone is delegated to the nodes.
        let resolvers = nodes.map(\.dnsAddress)
        try await withResolverPool(addresses: resolvers) { pool in
            let connections = NodeConnections.Settings(bootstrapReader: pool, hosts: HostLookup([resolvers]))
            try await withClusterNetwork(manifest, connections: connections, now: UnixSeconds.systemTime, body)
        }
    }

    private static func client(_ name: String, on network: ClusterNetwork) throws -> DMPClient {
        let keys = try IdentityKeys.derive(
            passphrase: Array("passphrase of \(name)".utf8),
            salt: Array("salt of \(name)".utf8)
        )
        return try DMPClient(
            keys: keys,
            configuration: MeshConfiguration(username: try Username(name), zone: try ZoneName(cluster)),
            reader: network.reader,
            writer: network.writer,
            contacts: MemoryContactStore(),
            stores: try .memory()
        )
    }

    /// Both publish their identity and one-time keys, and accept each other's keys. In real life, compare fingerprints.
    private static func introduce(_ alice: DMPClient, _ bob: DMPClient) async throws {
        for user in [alice, bob] {
            _ = try await user.publishIdentity()
            _ = try await user.refreshPrekeys(target: 8)
        }
        for (user, friend) in [(alice, bob), (bob, alice)] {
            let name = friend.configuration.username
            let query = IdentityQuery.name(username: name, zone: friend.configuration.zone)
            _ = try await user.contacts.add(try await user.fetchIdentity(query), as: name.text, zone: nil)
        }
    }

    private static func describe(_ network: ClusterNetwork) async throws {
        for node in await network.fanout.snapshot() {
            print("\(node.id): \(node.health.lastError.map { "not well, \($0.message)" } ?? "well")")
        }
    }
}
