import DMPTesting
import Foundation
import Testing

@Suite("Manifests and bootstrap records of either side", .needsReference, .timeLimit(.minutes(5)))
struct OperatorRecordTests {
    @Test("The same key and content give the same manifest, byte for byte, which the reference reads")
    func manifest() async throws {
        try await Cluster.unannounced([.ours, .reference]) { cluster in
            let shown = try await cluster.sign(7, cluster.members, publishingTo: [])
            try await Self.check(shown, kind: "cluster", named: cluster.zone, by: cluster)
        }
    }

    @Test("The same holds for a bootstrap record, and both commands show the same of it")
    func bootstrap() async throws {
        try await Cluster.run([.ours, .reference]) { cluster in
            let domain = "users-\(cluster.zone)"
            let dead = String(repeating: "44", count: 32)
            let file = cluster.folder.appending(path: "bootstrap.yaml")
            let text =
                "domain: \(domain)\nseq: 3\nexpires: 30d\nclusters:\n"
                + "- {priority: 20, cluster: \(cluster.zone), operator: \(cluster.operatorKey)}\n"
                + "- {priority: 10, cluster: down.test, operator: \(dead)}\n"
            try Data(text.utf8).write(to: file)
            let shown = try await cluster.sign("bootstrap", file, publishingTo: cluster.members)
            try await Self.check(shown, kind: "bootstrap", named: domain, by: cluster)
            var fetched: [String] = []
            for implementation in Implementation.allCases {
                let user = try await cluster.stranger("\(implementation)", implementation)
                try await user.dnsmesh("bootstrap", "pin", domain, cluster.operatorKey)
                fetched.append(try await user.dnsmesh("bootstrap", "fetch"))
            }
            #expect(fetched[0] == fetched[1])
            #expect(fetched[0].contains("seq:         3") && fetched[0].contains("priority=10  cluster=down.test"))
        }
    }

    @Test("A manifest of the reference is read by our command, which shows the same of it as the reference's")
    func manifestOfReference() async throws {
        try await Cluster.unannounced([.ours, .reference]) { cluster in
            let shown = try await cluster.sign(7, cluster.members, publishingTo: [])
            let wire = try await Self.signWithReference(shown, kind: "cluster", by: cluster)
            try await withScratchFolder { folder in
                // The node publishes what it finds in its file.
                try Data(wire.utf8).write(to: folder.appending(path: "cluster.wire"))
                let node = try await RunningNode.start(.ours, in: folder)
                try await Self.checkFetch(of: wire, from: node, by: cluster)
            }
        }
    }

    @Test("A node of the reference publishes a manifest of ours")
    func nodeOfReference() async throws {
        try await Cluster.unannounced([.ours, .reference]) { cluster in
            let wire = try Self.wire(try await cluster.sign(7, cluster.members, publishingTo: []))
            try await withScratchFolder { folder in
                try Data("{\"wire\": \"\(wire)\"}".utf8).write(to: folder.appending(path: "cluster.wire"))
                let node = try await RunningNode.start(.reference, in: folder)
                try await Self.checkFetch(of: wire, from: node, by: cluster)
            }
        }
    }

    // MARK: - Support

    /// Both commands find the manifest at a node, save the same bytes and print the same.
    private static func checkFetch(of wire: String, from node: RunningNode, by cluster: Cluster) async throws {
        var printed: [String] = []
        for implementation in Implementation.allCases {
            let user = try await cluster.stranger("\(implementation)", implementation)
            let resolver = "['\(node.dns.host):\(node.dns.port)']"
            let file = user.folder.appending(path: "config.yaml")
            let config = try String(contentsOf: file, encoding: .utf8)
            let changed = config.replacing(/dns_resolvers:\n(?:- .*\n)+/, with: "dns_resolvers: \(resolver)\n")
            #expect(changed != config)
            try Data(changed.utf8).write(to: file)
            printed.append(try await user.dnsmesh("cluster", "fetch"))
            try await user.dnsmesh("cluster", "fetch", "--save")
            let saved = user.folder.appending(path: "cluster_manifest.wire")
            #expect(try String(contentsOf: saved, encoding: .utf8) == wire)
        }
        #expect(printed[0] == printed[1])
        #expect(printed[0].contains("  nodes: 2\n"))
    }

    /// The reference signs the same bytes and reads ours.
    private static func check(_ shown: String, kind: String, named name: String, by cluster: Cluster) async throws {
        let wire = try Self.wire(shown)
        #expect(try await Self.signWithReference(shown, kind: kind, by: cluster) == wire)
        struct Facts: Decodable {
            let name: String
            let seq: Int
            let items: [String]
        }
        for (key, isTaken) in [(cluster.operatorKey, true), (String(repeating: "44", count: 32), false)] {
            let order = ["kind": kind, "signer": key, "name": name, "wire": wire]
            let read = try await Self.drive("read_record.py", JSONEncoder().encode(order))
            let facts = try JSONDecoder().decode(Facts?.self, from: Data(read.utf8))
            #expect((facts != nil) == isTaken)
            if let facts { #expect(facts.name == name && facts.items.count == 2, "\(read)") }
        }
    }

    private static func signWithReference(_ shown: String, kind: String, by cluster: Cluster) async throws -> String {
        let seed = try String(contentsOf: cluster.folder.appending(path: "operator.key"), encoding: .utf8)
        let digits = seed.trimmingCharacters(in: .whitespacesAndNewlines)
        let order = "{\"kind\": \"\(kind)\", \"seed\": \"\(digits)\", \"fields\": \(shown)}"
        return try await Self.drive("sign_record.py", Data(order.utf8))
    }

    private static func wire(_ shown: String) throws -> String {
        struct Record: Decodable {
            let wire: String
        }
        return try JSONDecoder().decode(Record.self, from: Data(shown.utf8)).wire
    }

    private static func drive(_ script: String, _ input: Data) async throws -> String {
        try await Program.run(
            try Implementation.referencePrograms.appending(path: "python"),
            [Implementation.driver(script).path],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
            input: Array(input)
        ).expecting(0).text
    }
}
