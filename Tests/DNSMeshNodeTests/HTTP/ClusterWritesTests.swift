import DMPTesting
import Testing

@testable import DNSMeshNode

@Suite("What the clients of a cluster write")
struct ClusterWritesTests {
    /// Where each kind of record stands.
    private static let names = [
        "identity": "id-2bd806c97f0e00af.mesh.test", "prekey": "prekeys.id-2bd806c97f0e.mesh.test",
        "manifest": "slot-5.mb-c51cd979b904.mesh.test", "rotation": "rotate.id-2bd806c97f0e00af.mesh.test",
        "revocation": "rotate.dmp.mesh.test", "cluster": "cluster.mesh.test", "bootstrap": "_dmp.example.test",
        "chunk": "chunk-0000-813813eab2d2.mesh.test",
    ]

    private static func records(of kind: String) throws -> [String] {
        struct Signed: Decodable {
            struct Case: Decodable { let record: String? }
            let sign: [Case]
        }
        struct Chunks: Decodable {
            struct Case: Decodable { let txt: String }
            let wrap: [Case]
        }
        let all =
            kind == "chunk"
            ? try Vectors.load(kind, as: Chunks.self).wrap.map(\.txt)
            : try Vectors.load(kind, as: Signed.self).sign.compactMap(\.record)
        return Array(Set(all.filter { $0.utf8.count <= RecordLimits().valueBytes }).sorted().prefix(8))
    }

    @Test(
        "Every kind of record is stored, renewed, given back byte for byte, and withdrawn",
        arguments: names.keys.sorted()
    )
    func kinds(_ kind: String) async throws {
        let (name, records) = (try #require(Self.names[kind]), try Self.records(of: kind))
        #expect(!records.isEmpty)
        let path = "/v1/records/\(name)"
        try await withHTTP(token: "t") { http async throws in
            for record in records {
                // The reference's JSON, then ours.
                for body in [#"{"value": "\#(record)", "ttl": 300}"#, #"{"ttl":300,"value":"\#(record)"}"#] {
                    #expect(try await http.send(.post, path, body).status == 401)
                    #expect(
                        try await http.send(.post, path, body, token: "t") == .init(status: 201, body: #"{"ok": true}"#)
                    )
                }
            }
            let owner = try #require(RecordName(name))
            #expect(try await http.store.values(at: owner, now: http.time.now).map(\.text).sorted() == records)
            for record in records {
                let body = #"{"value": "\#(record)"}"#
                #expect(try await http.send(.delete, path, body).status == 401)
                #expect(try await http.send(.delete, path, body, token: "t") == .init(status: 204, body: ""))
                #expect(try await http.send(.delete, path, body, token: "t") == .init(status: 404, body: ""))
            }
            #expect(try await http.store.values(at: owner, now: http.time.now).isEmpty)
        }
    }

    @Test("The gone route /v1/info is answered like any unknown path", arguments: ["/v1/info", "/v1/nodes/seen"])
    func gone(path: String) async throws {
        try await withHTTP { http async throws in
            #expect(try await http.send(.get, path) == .init(status: 404, body: #"{"error": "not found"}"#))
        }
    }
}
