import DMPCrypto
import DMPProtocol
import Testing

@testable import DNSMeshCommands

@Suite("Files to be signed")
struct DraftTests {
    private static let now = UnixSeconds(rawValue: 1_800_000_000)
    private static let key = OperatorKey.random()

    private static let cluster = """
        cluster: mesh.test
        seq: 7
        expires: 90d
        nodes:
          - id: n01
            http: https://n1.mesh.test/
            dns: 192.0.2.1
          - id: n02
            http: n2.mesh.test:8053
            dns: 2001:db8::2
          - id: n03
            http: http://127.0.0.1:8053

        """
    private static let bootstrap = """
        domain: Example.test.
        seq: 3
        expires: 2027-06-01
        clusters:
          - {priority: 20, cluster: mesh.test, operator: \(key.publicKey.hex)}
          - {priority: 10, cluster: other.test, operator: \(key.publicKey.hex)}

        """

    @Test("A manifest holds what the file says, with endpoints in their normal form")
    func manifest() throws {
        let draft = try ClusterDraft(yaml: Self.cluster, now: Self.now)
        let manifest = try draft.manifest(signer: Self.key.publicKey)
        #expect(manifest.name.text == "mesh.test" && manifest.sequence == 7)
        #expect(manifest.expires == Self.now.adding(90 * 86_400))
        #expect(manifest.nodes.map(\.id) == ["n01", "n02", "n03"])
        let endpoints = ["https://n1.mesh.test", "https://n2.mesh.test:8053", "http://127.0.0.1:8053"]
        #expect(manifest.nodes.map(\.httpEndpoint) == endpoints)
        #expect(manifest.nodes.map(\.dnsEndpoint) == ["192.0.2.1:53", "[2001:db8::2]:53", nil])
        #expect(draft.warnings.isEmpty)
    }

    @Test("A bootstrap record holds what the file says")
    func bootstrapRecord() throws {
        let record = try BootstrapDraft(yaml: Self.bootstrap, now: Self.now).record(signer: Self.key.publicKey)
        #expect(record.domain.text == "Example.test" && record.sequence == 3)
        #expect(record.expires.rawValue == 1_811_808_000)
        #expect(record.entries.map(\.priority) == [10, 20])
        #expect(record.entries.map(\.clusterDomain.text) == ["other.test", "mesh.test"])
    }

    @Test("The examples of the help are taken as they stand, but for the operator's key")
    func examples() throws {
        #expect(try ClusterDraft(yaml: ClusterDraft.example, now: Self.now).nodes.count == 1)
        let placeholder = /<.*>/
        let example = BootstrapDraft.example.replacing(placeholder, with: Self.key.publicKey.hex)
        #expect(try BootstrapDraft(yaml: example, now: Self.now).entries.count == 1)
    }

    @Test("A node whose users would not send it their token is warned of")
    func warning() throws {
        let text = Self.cluster.replacing("https://n1.mesh.test/", with: "http://n1.mesh.test")
        let warnings = try ClusterDraft(yaml: text, now: Self.now).warnings
        #expect(warnings.count == 1 && warnings[0].contains("n01: http://n1.mesh.test is not encrypted"))
    }

    @Test(
        "What a reader of the manifest would stumble over is refused, and its key named",
        arguments: [
            ("cluster: mesh.test\n", "", "cluster: is missing"),
            ("cluster: mesh.test", "cluster: [a]", "cluster: must be a single value"),
            ("cluster: mesh.test", "cluster: -mesh.test", "cluster: \"-mesh\" can't be a part of a domain name"),
            (
                "cluster: mesh.test", "cluster: \(String(repeating: "a", count: 64)).test",
                "cluster: \"\(String(repeating: "a", count: 64))\" can't be a part of a domain name"
            ),
            (
                "cluster: mesh.test", "cluster: \(String(repeating: "abc.", count: 16))test",
                "cluster: the name has 68 bytes; at most 64 are allowed"
            ),
            ("cluster:", "clutser:", "\"clutser\" is not one of the keys cluster, seq, expires, nodes"),
            ("seq: 7", "seq: 0", "seq: must be a whole number from 1 to 9223372036854775807, in decimal digits"),
            ("seq: 7", "seq: 010", "seq: must be a whole number from 1 to 9223372036854775807, in decimal digits"),
            (
                "seq: 7", "seq: 9223372036854775808",
                "seq: must be a whole number from 1 to 9223372036854775807, in decimal digits"
            ),
            ("seq: 7", "seq: 7\nseq: 8", "seq: stands twice; remove one of the two"),
            ("seq: 7", "seq: ~", "seq: is missing"),
            ("expires: 90d", "expires: 2027-01-15", "expires: 2027-01-15T00:00:00Z has passed; write a time to come"),
            ("expires: 90d", "expires: 1826d", "expires: is more than 1825 days ahead, which no reader takes"),
            (
                "expires: 90d", "expires: soon",
                "expires: \"soon\" is no time; write one such as 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z"
            ),
            ("id: n02", "id: n01", "nodes[2].id: n01 is the id of nodes[1] already"),
            ("id: n02", "id: a node", "nodes[2].id: must be 1 to 16 visible ASCII characters"),
            ("id: n02", "id: 12345678901234567", "nodes[2].id: must be 1 to 16 visible ASCII characters"),
            ("id: n02", "ID: n02", "nodes[2]: \"ID\" is not one of the keys id, http, dns"),
            (
                "http: n2.mesh.test:8053", "http: ftp://n2.mesh.test",
                "nodes[2].http: the endpoint must be a URL such as https://node.example: only https and http work"
            ),
            (
                "http: n2.mesh.test:8053", "http: https://n2.mesh.test/?q",
                "nodes[2].http: the endpoint must be a URL such as https://node.example: "
                    + "it has characters that don't belong there"
            ),
            (
                "http: n2.mesh.test:8053", "http: N1.mesh.test",
                "nodes[2].http: https://n1.mesh.test is nodes[1] already, and would count twice"
            ),
            (
                "http: n2.mesh.test:8053", "http: https://n2.test/\(String(repeating: "a", count: 120))",
                "nodes[2].http: has 136 bytes, and 128 is the most"
            ),
            (
                "dns: 192.0.2.1", "dns: ns1.mesh.test",
                "nodes[1].dns: ns1.mesh.test: the host is not an IP address literal; "
                    + "write one such as 192.0.2.1:53 or [2001:db8::1]:53, or leave it out"
            ),
            (
                "dns: 192.0.2.1", "dns: 192.0.2.1:70000",
                "nodes[1].dns: 192.0.2.1:70000: the port is outside 1...65535; "
                    + "write one such as 192.0.2.1:53 or [2001:db8::1]:53, or leave it out"
            ),
            ("nodes:", "nodes: {", "line 5: isn't YAML: did not find expected node content"),
        ]
    )
    func refusedManifest(part: String, replacement: String, reason: String) {
        let text = Self.cluster.replacing(part, with: replacement)
        #expect(text != Self.cluster)
        let fault = #expect(throws: DraftFault.self) { try ClusterDraft(yaml: text, now: Self.now) }
        #expect(fault?.description == reason)
    }

    @Test(
        "What a reader of the bootstrap record would stumble over is refused, and its key named",
        arguments: [
            ("domain: Example.test.", "domain: exa_mple.test", "domain: \"exa_mple\" can't be a part of a domain name"),
            ("domain:", "cluster:", "\"cluster\" is not one of the keys domain, seq, expires, clusters"),
            (
                "priority: 20", "priority: 65536",
                "clusters[1].priority: must be a whole number from 0 to 65535, in decimal digits"
            ),
            ("priority: 20, ", "", "clusters[1].priority: is missing"),
            (
                "priority: 10, cluster: other.test", "priority: 20, cluster: MESH.test.",
                "clusters[2].cluster: is clusters[1] already, with the same priority"
            ),
            ("cluster: other.test", "cluster: ''", "clusters[2].cluster: is missing"),
            (
                "operator: \(key.publicKey.hex)", "operator: 123",
                "clusters[1].operator: must be 64 hexadecimal digits, as `dnsmesh operator show` prints them"
            ),
        ]
    )
    func refusedRecord(part: String, replacement: String, reason: String) {
        let text = Self.bootstrap.replacing(part, with: replacement, maxReplacements: 1)
        #expect(text != Self.bootstrap)
        let fault = #expect(throws: DraftFault.self) { try BootstrapDraft(yaml: text, now: Self.now) }
        #expect(fault?.description == reason)
    }

    @Test(
        "Neither none nor too many entries are taken",
        arguments: ["nodes: []", "nodes:", "nodes: n01", "nodes: {a: b}"]
    )
    func lists(replacement: String) throws {
        let head = "cluster: mesh.test\nseq: 7\nexpires: 90d\n"
        let fault = #expect(throws: DraftFault.self) { try ClusterDraft(yaml: head + replacement, now: Self.now) }
        #expect(fault?.description == "nodes: must be a list of 1 to 32 entries")
        let nodes = (1...33).map { "\n- {id: n\($0), http: n\($0).test}" }.joined()
        let many = #expect(throws: DraftFault.self) {
            try ClusterDraft(yaml: head + "nodes:" + nodes, now: Self.now)
        }
        #expect(many == fault)
    }

    @Test("A file that holds nothing of the kind is refused", arguments: ["", "# nothing\n", "text", "- a", "\u{0}"])
    func noMapping(text: String) {
        #expect(throws: DraftFault.self) { try ClusterDraft(yaml: text, now: Self.now) }
        #expect(throws: DraftFault.self) { try BootstrapDraft(yaml: text, now: Self.now) }
    }

    @Test("A record that would be too long says by how much")
    func tooLong() throws {
        let nodes = (1...10).map { "\n- {id: n\($0), http: \(String(repeating: "n\($0).", count: 27))test}" }.joined()
        let draft = try ClusterDraft(yaml: "cluster: a.test\nseq: 1\nexpires: 1d\nnodes:" + nodes, now: Self.now)
        let fault = #expect(throws: DraftFault.self) { try draft.manifest(signer: Self.key.publicKey) }
        #expect(fault?.place == "nodes")
        #expect(fault?.problem.contains("bytes, and 1200 is the most") == true, "\(String(describing: fault))")
    }

    @Test("A bootstrap record that would be too long says by how much")
    func tooLongRecord() throws {
        let domain = "\(String(repeating: "a", count: 59)).test"
        let entries = (1...16).map {
            "\n- {priority: \($0), cluster: \(domain), operator: \(Self.key.publicKey.hex)}"
        }.joined()
        let draft = try BootstrapDraft(yaml: "domain: a.test\nseq: 1\nexpires: 1d\nclusters:" + entries, now: Self.now)
        let fault = #expect(throws: DraftFault.self) { try draft.record(signer: Self.key.publicKey) }
        #expect(fault?.place == "clusters")
        #expect(fault?.problem.contains("bytes, and 1200 is the most") == true, "\(String(describing: fault))")
    }
}
