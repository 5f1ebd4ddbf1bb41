import DMPNetwork
import DMPProtocol
import DNSMeshNode
import DNSTransport
import DNSWire
import Testing

@Suite("Our client against hostile DNS servers", .serialized)
struct HostileDNSTests {
    static let name = "a.mesh.example.org"

    @Test("A hostile answer is never taken for a value or an absence", arguments: HostileDNSAnswers.all)
    func alone(_ hostile: HostileDNSAnswers) async throws {
        try await HostileServer.with(datagrams: hostile.datagrams, stream: hostile.stream) { server async throws in
            try await withUpstreamReader(server.address) { reader async throws in
                let result = try await reader.read(OwnerName(Self.name), deadline: Self.soon)
                switch (result, hostile.meaning) {
                case (.unavailable(let failure), .nobodyKnows):
                    #expect(failure.message.utf8.count < 400)
                case (.records(let values), .values(let expected)):
                    #expect(values.map(\.bytes) == expected)
                default:
                    Issue.record("\(hostile.testDescription): \(result)")
                }
            }
        }
    }

    @Test("Beside a hostile server, what an honest one has is found", arguments: HostileDNSAnswers.all)
    func besideAnHonestOne(_ hostile: HostileDNSAnswers) async throws {
        guard case .nobodyKnows = hostile.meaning else { return }
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder, zone: "mesh.example.org")) { node async throws in
                try await node.publish(["honest"], at: Self.name)
                try await HostileServer.with(
                    datagrams: hostile.datagrams,
                    stream: hostile.stream
                ) { server async throws in
                    let upstreams = [server.address, node.running.dnsAddress]
                    try await withResolverPool(addresses: upstreams) { pool async throws in
                        for _ in 0..<3 {
                            let result = try await pool.read(OwnerName(Self.name), deadline: LiveNode.deadline)
                            #expect(result == .records([TXTValue("honest")]), "\(hostile.testDescription)")
                        }
                    }
                }
            }
        }
    }

    /// Long enough for an answer on loopback, and for one repetition.
    private static var soon: ErasedClock.Instant { ErasedClock.continuous.now.advanced(by: .milliseconds(1_500)) }
}
