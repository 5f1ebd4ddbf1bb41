import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("Connections to the nodes of a cluster", .timeLimit(.minutes(1)))
struct NodeConnectionsTests {
    private static var deadline: ErasedClock.Instant { ErasedClock.continuous.now.advanced(by: .seconds(20)) }

    private func settings() -> NodeConnections.Settings {
        NodeConnections.Settings(bootstrapReader: StagedReader(), hosts: HostLookup([]))
    }

    private func manifest(_ nodes: DMPProtocol.ClusterNode...) throws -> ClusterManifest {
        try ClusterManifest(
            name: RecordDomain("mesh.test"),
            operatorKey: Operator(1).key,
            sequence: 1,
            expires: Operator.now,
            nodes: nodes
        )
    }

    private func node(_ id: String, http: String = "http://127.0.0.1:9", dns: String?) throws -> DMPProtocol.ClusterNode
    {
        try DMPProtocol.ClusterNode(id: id, httpEndpoint: http, dnsEndpoint: dns)
    }

    private static let answering = ScriptedDNSServer { query, _ in query.answered(texts: [Array("value".utf8)]) }

    @Test(
        "A node that stays keeps its connection, one that leaves loses it once nobody uses it, and none is opened early"
    )
    func rollOver() async throws {
        let servers = [Self.answering, ScriptedDNSServer { query, _ in query.answered(texts: [Array("other".utf8)]) }]
        try await ScriptedDNSServer.run(servers) { addresses async throws in
            try await withNodeConnections(self.settings()) { connections async throws in
                let name = try OwnerName("a.mesh.test")
                let (one, two) = ("\(addresses[0])", "\(addresses[1])")
                var nodes = try connections.factory.nodes(
                    of: self.manifest(self.node("n1", dns: one), self.node("n2", dns: two))
                )
                #expect(connections.count == 0)
                for node in nodes {
                    _ = try await node.reader.read(name, deadline: Self.deadline)
                }
                #expect(connections.count == 2)
                let first = try #require(nodes.first)
                nodes = try connections.factory.nodes(of: self.manifest(self.node("renamed", dns: one)))
                while connections.count > 1 { await Task.yield() }
                #expect(try #require(nodes.first).reader as AnyObject === first.reader as AnyObject)
                _ = try await nodes[0].reader.read(name, deadline: Self.deadline)
                #expect(connections.count == 1)
            }
        }
    }

    @Test("A host name is looked up when its node is first read, and a node without an endpoint is read by bootstrap")
    func readers() async throws {
        try await Self.answering.run { address in
            let bootstrap = StagedReader()
            try bootstrap.stage(.records([TXTValue("bootstrap")]), at: "a.mesh.test")
            let settings = NodeConnections.Settings(bootstrapReader: bootstrap, hosts: HostLookup([]))
            try await withNodeConnections(settings) { connections in
                let nodes = try connections.factory.nodes(
                    of: self.manifest(
                        self.node("n1", dns: "localhost:\(address.port)"),
                        self.node("n2", dns: nil),
                        self.node("n3", dns: "nowhere.test")
                    )
                )
                let name = try OwnerName("a.mesh.test")
                #expect(try await nodes[0].reader.read(name, deadline: Self.deadline) == .records([TXTValue("value")]))
                #expect(
                    try await nodes[1].reader.read(name, deadline: Self.deadline) == .records([TXTValue("bootstrap")])
                )
                let failure = NetworkFailure(.unreachable, "no DNS server knows an address of nowhere.test")
                #expect(try await nodes[2].reader.read(name, deadline: Self.deadline) == .unavailable(failure))
            }
        }
    }

    @Test("The token goes to the node that it is for; one that can't be sent makes the node refuse")
    func tokens() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            var settings = self.settings()
            settings.token = { (endpoint) throws(NetworkFailure) in
                switch endpoint.host {
                case "127.0.0.1", "192.0.2.1": try BearerToken("secret")
                default: try BearerToken("two words")
                }
            }
            try await withNodeConnections(settings) { connections in
                let nodes = try connections.factory.nodes(
                    of: self.manifest(
                        self.node("n1", http: "http://127.0.0.1:\(server.port)", dns: nil),
                        self.node("n2", http: "http://192.0.2.1", dns: nil),
                        self.node("n3", http: "https://n3.test", dns: nil)
                    )
                )
                let name = try OwnerName("a.mesh.test")
                var results: [WriteResult] = []
                for node in nodes {
                    let writer = try #require(node.writer)
                    results.append(try await writer.publish(TXTValue("v"), at: name, ttl: 60, deadline: Self.deadline))
                }
                #expect(results[0] == .accepted)
                #expect(server.requests.first?.head.contains("Authorization: Bearer secret\r\n") == true)
                #expect(results[1].refusalCode == .insecureCredential)
                #expect(results[2].refusalCode == .invalidConfiguration)
                let deleted = try await nodes[1].writer?.delete(nil, at: name, deadline: Self.deadline)
                #expect(deleted?.refusalCode == .insecureCredential)
            }
        }
    }

    @Test("Endpoints that can't be read make the manifest one that can't be used")
    func malformed() async throws {
        try await withNodeConnections(self.settings()) { connections async throws in
            for (http, dns) in [("ftp://n1.test", nil), ("https://n1.test", "n1.test:x")] as [(String, String?)] {
                #expect {
                    try connections.factory.nodes(of: self.manifest(self.node("n1", http: http, dns: dns)))
                } throws: { error in
                    guard case RefreshFailure.unusableNode(let id, _)? = error as? RefreshFailure else { return false }
                    return id == NodeID("n1")
                }
            }
        }
    }
}

extension WriteResult {
    fileprivate var refusalCode: NetworkFailure.Code? {
        if case .refused(let failure) = self { failure.code } else { nil }
    }
}
