import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Cluster manifests")
struct ClusterManifestTests {
    private struct Fields: Decodable, Sendable {
        struct Node: Decodable, Sendable {
            let nodeId: String
            let httpEndpoint: String
            let dnsEndpoint: String?
        }

        let clusterName: String
        let operatorSpk: Hex
        let seq: String
        let exp: String
        let nodes: [Node]

        func manifest() throws -> ClusterManifest {
            try ClusterManifest(
                name: RecordDomain(self.clusterName),
                operatorKey: Ed25519.PublicKey(self.operatorSpk.bytes),
                sequence: UInt64(decimal: self.seq),
                expires: UnixSeconds(decimal: self.exp),
                nodes: self.nodes.map {
                    try ClusterNode(id: $0.nodeId, httpEndpoint: $0.httpEndpoint, dnsEndpoint: $0.dnsEndpoint)
                }
            )
        }
    }

    @Test("Cluster manifests are signed and read as in the vectors")
    func clusterVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("cluster", convertingSnakeCase: true)
        #expect(vectors.prefix == ClusterManifest.prefix.description)
        try vectors.checkSigning(make: { try $0.manifest() }, sign: { try $0.signed(by: $1) })
        vectors.checkParsing { value, now, item in
            try Signed<ClusterManifest>(
                parsing: value,
                now: now,
                signer: Ed25519.PublicKey(#require(item.args?.signer).bytes),
                name: item.args?.expectedName.map { try ZoneName($0) }
            )
        } matches: { manifest, fields, now in
            try manifest == fields.manifest() && manifest.encoded == fields.manifest().encoded
                && !manifest.isExpired(at: now)
        }
        vectors.report()
    }

    @Test(
        "A list of nodes that no cluster can have makes no manifest",
        arguments: [([], .nodes), (Array(0...32), .nodes), ([1, 2, 1], .nodeID)] as [([Int], WireError.Field)]
    )
    func nodeLists(ids: [Int], field: WireError.Field) {
        #expect(throws: WireError.body(field)) {
            try Samples.cluster(nodes: ids.map { try ClusterNode(id: "\($0)", httpEndpoint: "h", dnsEndpoint: nil) })
        }
    }

    @Test(
        "A node with a text that no record can hold is refused",
        arguments: [
            ("", "h", nil, .nodeID), (String(repeating: "n", count: 17), "h", nil, .nodeID), ("é", "h", nil, .nodeID),
            ("n", "", nil, .httpEndpoint), ("n", String(repeating: "é", count: 65), nil, .httpEndpoint),
            ("n", "h", "", .dnsEndpoint), ("n", "h", String(repeating: "d", count: 65), .dnsEndpoint),
        ] as [(String, String, String?, WireError.Field)]
    )
    func nodeTexts(id: String, http: String, dns: String?, field: WireError.Field) {
        #expect(throws: WireError.body(field)) { try ClusterNode(id: id, httpEndpoint: http, dnsEndpoint: dns) }
    }

    @Test("What does not fit into 1,200 bytes of text makes no manifest, and the error says how long it would be")
    func tooLong() throws {
        func cluster(lastEndpoint count: Int) throws -> ClusterManifest {
            let endpoints = Array(repeating: String(repeating: "h", count: 128), count: 5)
            let nodes = try (endpoints + [String(repeating: "h", count: count)]).enumerated().map {
                try ClusterNode(id: "\($0.offset)", httpEndpoint: $0.element, dnsEndpoint: nil)
            }
            return try Samples.cluster(name: "abc", nodes: nodes)
        }
        let largest = try cluster(lastEndpoint: 85)
        #expect(largest.encoded.count == ClusterManifest.bodyByteCounts.upperBound)
        #expect(try largest.signed(by: Samples.alice.ed25519).value.byteCount == 1197)
        #expect(throws: WireError.wireTooLong(1201)) { try cluster(lastEndpoint: 86) }
    }

    @Test("Another key than the operator's signs nothing")
    func foreignSigner() throws {
        #expect(throws: WireError.signerMismatch) { try Samples.cluster().signed(by: Samples.bob.ed25519) }
    }

    @Test(
        "A signed body that is no manifest is refused for its own reason",
        arguments: [
            Damage("other magic", at: 6, [0x32], .body(.magic)),
            Damage("no name", at: 55, [0], removing: 2, .body(.clusterName)),
            Damage("name of 66 bytes", at: 55, [66], .body(.clusterName)),
            Damage("name of a dot", at: 56, [0x2e], .body(.clusterName)),
            Damage("name outside UTF-8", at: 56, [0xff], .body(.clusterName)),
            Damage("name outside ASCII", at: 55, [2, 0xc3, 0xa9], removing: 2, .body(.clusterName)),
            Damage("name past the end", at: 55, [60], .truncated),
            Damage("nothing after the name", at: 57, [0], removing: 9, .length(122)),
            Damage("no nodes", at: 57, [0], .body(.nodes)),
            Damage("33 nodes", at: 57, [33], .body(.nodes)),
            Damage("two nodes, one there", at: 57, [2], .truncated),
            Damage("repeated id", at: 57, [2, 1, 0x6e, 0, 1, 0x68, 0, 0], removing: 1, .body(.nodeID)),
            Damage("node without id", at: 58, [0], .body(.nodeID)),
            Damage("node with an id of 17 bytes", at: 58, [17], .body(.nodeID)),
            Damage("id outside ASCII", at: 58, [2, 0xc3, 0xa9], removing: 2, .body(.nodeID)),
            Damage("no endpoint", at: 60, [0, 0], removing: 3, .body(.httpEndpoint)),
            Damage("endpoint of 129 bytes", at: 61, [129], .body(.httpEndpoint)),
            Damage("endpoint of 257 bytes", at: 60, [1], .body(.httpEndpoint)),
            Damage("endpoint outside UTF-8", at: 62, [0xc0], .body(.httpEndpoint)),
            Damage("DNS endpoint of 65 bytes", at: 64, [65], .body(.dnsEndpoint)),
            Damage("DNS endpoint outside UTF-8", at: 65, [0x80], .body(.dnsEndpoint)),
            Damage("bytes left", at: .max, [0], removing: 0, .trailingBytes(1)),
            Damage("other operator", at: 23, Samples.bob.signingKey.bytes, .signerMismatch),
        ]
    )
    func wrongBody(damage: Damage) throws {
        // 55 bytes, name "a" (1 + 1), count 1, id "n" (1 + 1), "h" (2 + 1), "d" (2 + 1)
        let node = try ClusterNode(id: "n", httpEndpoint: "h", dnsEndpoint: "d")
        let body = try damage.apply(to: Samples.cluster(name: "a", nodes: [node]).encoded)
        let value = Samples.signed(body, as: ClusterManifest.self)
        #expect(throws: damage.reason) { try self.parse(value) }
    }

    @Test("The signature is checked before anything in the body, even for bytes that are no body at all")
    func signatureFirst() throws {
        let body = [UInt8](repeating: 0, count: 100)
        let unsigned = TXTValue(prefix: ClusterManifest.prefix, encoding: body + [UInt8](repeating: 1, count: 64))
        #expect(throws: WireError.signature) { try self.parse(unsigned) }
        let byOther = TXTValue(prefix: ClusterManifest.prefix, encoding: body + Samples.bob.ed25519.sign(body).bytes)
        #expect(throws: WireError.signature) { try self.parse(byOther) }
    }

    @Test("Texts that are too long, of another kind or not base64 are refused for their own reason")
    func texts() throws {
        let signed = try Samples.cluster().signed(by: Samples.alice.ed25519)
        #expect(throws: WireError.notThisKind) { try self.parse(TXTValue("v=dmp1;t=claim;AAAA")) }
        #expect(throws: WireError.base64) { try self.parse(TXTValue(signed.value.bytes + [0x20])) }
        let long = TXTValue("v=dmp1;t=cluster;" + String(repeating: "*", count: 1184))
        #expect(throws: WireError.wireTooLong(1201)) { try self.parse(long) }
        #expect(throws: WireError.length(3)) { try self.parse(TXTValue("v=dmp1;t=cluster;AAAA")) }
    }

    @Test("A manifest counts until its last second, and none counts that ends in more than five years")
    func clock() throws {
        let signed = try Samples.cluster().signed(by: Samples.alice.ed25519)
        let last = signed.body.expires
        #expect(try self.parse(signed.value, now: last) == signed)
        #expect(throws: WireError.expired) { try self.parse(signed.value, now: last.adding(1)) }
        let early = UnixSeconds(rawValue: last.rawValue - 157_680_000)
        #expect(try self.parse(signed.value, now: early) == signed)
        #expect(throws: WireError.tooFarAhead) {
            try self.parse(signed.value, now: UnixSeconds(rawValue: early.rawValue - 1))
        }
        #expect(!signed.body.isExpired(at: last))
        #expect(signed.body.isExpired(at: last.adding(1)))
    }

    @Test("A manifest of another cluster is refused where a name is expected, whatever its case")
    func name() throws {
        let value = try Samples.cluster(name: "Mesh.Example.com.").signed(by: Samples.alice.ed25519).value
        #expect(try self.parse(value).body.name.text == "Mesh.Example.com")
        #expect(try self.parse(value, name: ZoneName("mesh.example.com")).body.name.zone.text == "mesh.example.com")
        #expect(throws: WireError.nameMismatch) { try self.parse(value, name: ZoneName("example.com")) }
    }

    @discardableResult
    private func parse(
        _ value: TXTValue,
        now: UnixSeconds = Samples.now,
        name: ZoneName? = nil
    ) throws -> Signed<ClusterManifest> {
        try Signed<ClusterManifest>(parsing: value, now: now, signer: Samples.alice.signingKey, name: name)
    }
}
