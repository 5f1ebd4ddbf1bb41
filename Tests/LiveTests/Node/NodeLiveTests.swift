import DMPNetwork
import DMPProtocol
import DNSMeshNode
import DNSTransport
import DNSWire
import Testing

@Suite("A node over real sockets")
struct NodeLiveTests {
    @Test("What was published over HTTP is read over DNS, in one datagram or over TCP")
    func sizes() async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder, zone: "mesh.example.org")
            configuration.recordLimits.setWireBytes = 65_000
            try await withLiveNode(configuration) { node async throws in
                for set in RecordSets.all {
                    let name = "\(set.label).mesh.example.org"
                    try await node.publish(set.values, at: name)
                    let texts = try await node.running.dnsAddress.texts(at: name)
                    #expect(texts == set.values.sorted(), "\(set.label)")
                }
            }
        }
    }

    @Test("Many names are read at the same time")
    func parallelReads() async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                for number in 0..<40 {
                    let long = String(repeating: "x", count: number.isMultiple(of: 2) ? 200 : 2_000)
                    try await node.publish(["\(number) \(long)"], at: "n\(number).mesh.example.org")
                }
                try await withUpstreamReader(node.running.dnsAddress) { reader async throws in
                    let starts = try await withThrowingTaskGroup(of: String?.self) { group in
                        for number in 0..<40 {
                            let name = try OwnerName("n\(number).mesh.example.org")
                            group.addTask {
                                let result = try await reader.read(name, deadline: LiveNode.deadline)
                                guard case .records(let values) = result else { return nil }
                                return values.first?.text.prefix { $0 != " " }.description
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(Set(starts.compactMap(\.self)) == Set((0..<40).map(String.init)))
                }
            }
        }
    }

    @Test("Denials carry the SOA, names above others are not denied")
    func negativeAnswers() async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder, zone: "mesh.example.org")) { node async throws in
                try await node.publish(["x"], at: "slot-1.mb-a.mesh.example.org")
                let dns = node.running.dnsAddress
                let denied = try await dns.ask("nx.mesh.example.org")
                #expect(denied.responseCode == .noSuchName && denied.authorities.map(\.type) == [.soa])
                let above = try await dns.ask("mb-a.mesh.example.org")
                #expect(above.responseCode == .noError && above.authorities.map(\.type) == [.soa])
            }
        }
    }

    @Test("Deleting over HTTP shows at once")
    func delete() async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                let name = try OwnerName("a.mesh.example.org")
                try await node.publish(["one", "two"], at: name.text)
                _ = try await node.writer.delete(TXTValue("one"), at: name, deadline: LiveNode.deadline)
                #expect(try await node.running.dnsAddress.texts(at: name.text) == ["two"])
                _ = try await node.writer.delete(nil, at: name, deadline: LiveNode.deadline)
                #expect(try await node.running.dnsAddress.texts(at: name.text) == nil)
            }
        }
    }

    @Test("The limits on one name reach the writer as refusals")
    func refusals() async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder)
            configuration.recordLimits.valuesPerName = 1
            try await withLiveNode(configuration) { node async throws in
                let name = try OwnerName("a.mesh.example.org")
                try await node.publish(["one"], at: name.text)
                for (value, ttl) in [("two", 60), ("one", 86_401), (String(repeating: "x", count: 2_049), 60)]
                    as [(String, UInt32)]
                {
                    let result = try await node.writer.publish(
                        TXTValue(value),
                        at: name,
                        ttl: ttl,
                        deadline: LiveNode.deadline
                    )
                    guard case .refused = result else {
                        Issue.record("not refused: \(result)")
                        continue
                    }
                }
            }
        }
    }
}
