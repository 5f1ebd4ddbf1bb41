import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Testing

@Suite(
    "A node behind Unbound and BIND",
    .serialized,
    .enabled(
        if: ResolverSetup.allCases.allSatisfy { FileManager.default.isExecutableFile(atPath: $0.program) },
        "needs the resolvers: apt-get install unbound bind9"
    )
)
struct ResolverTests {
    static let zone = "mesh.example.org"

    @Test("Sets of every size come through whole", arguments: ResolverSetup.allCases)
    func sizes(setup: ResolverSetup) async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder, zone: Self.zone)
            configuration.recordLimits.setWireBytes = 65_000
            try await withLiveNode(configuration) { node async throws in
                for set in RecordSets.all { try await node.publish(set.values, at: "\(set.label).\(Self.zone)") }
                try await withResolver(setup, zone: Self.zone, node: node.running.dnsAddress) { resolver async throws in
                    for set in RecordSets.all {
                        let texts = try await resolver.texts(at: "\(set.label).\(Self.zone)")
                        #expect(texts == set.values.sorted(), "\(setup) \(set.label)")
                    }
                }
            }
        }
    }

    @Test("A denied mailbox doesn't hide its slots", arguments: ResolverSetup.allCases)
    func denials(setup: ResolverSetup) async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder, zone: Self.zone)) { node async throws in
                try await node.publish(["mail"], at: "slot-1.mb-0123456789ab.\(Self.zone)")
                try await withResolver(setup, zone: Self.zone, node: node.running.dnsAddress) { resolver async throws in
                    #expect(try await resolver.ask("nx.\(Self.zone)").responseCode == .noSuchName)
                    let above = try await resolver.ask("mb-0123456789ab.\(Self.zone)")
                    #expect(above.responseCode == .noError && above.answers.isEmpty)
                    #expect(try await resolver.texts(at: "slot-1.mb-0123456789ab.\(Self.zone)") == ["mail"])
                    #expect(try await resolver.texts(at: "slot-2.mb-0123456789ab.\(Self.zone)") == nil)
                }
            }
        }
    }
}
