import DMPTesting
import Testing

@testable import DNSMeshNode

@Suite("Damaged requests")
struct NodeAPIFuzzTests {
    @Test(
        "A body is stored or refused, and nothing that isn't a record's text is stored",
        arguments: [0, 1] as [UInt64]
    )
    func bodies(offset: UInt64) async throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        try await withHTTP { http async throws in
            var random = SeededRandom(seed: seed)
            let samples = [
                #"{"value": "v=dmp1;h\u00e9\n", "ttl": 60, "x": [1, {"y": null}]}"#, #"{"value": "x", "ttl": 300}"#,
            ]
            for round in 0..<300 {
                let bytes = Array(samples[round % 2].utf8).mutated(using: &random)
                let text = String(decoding: bytes, as: UTF8.self)
                let status = try await http.send(.post, "/v1/records/a.test", text).status
                #expect([201, 400, 413].contains(status), "seed \(seed), round \(round): \(status)")
                let deleted = try await http.send(.delete, "/v1/records/a.test", text).status
                #expect([204, 400, 404].contains(deleted), "seed \(seed), round \(round): \(deleted)")
                #expect((status == 400) || deleted == 204, "seed \(seed), round \(round): not deleted by its own body")
            }
            let values = try await http.store.values(at: "a.test", now: http.time.now)
            #expect(values.isEmpty, "seed \(seed)")
        }
    }

    @Test("A path is a route or unknown, in any spelling", arguments: 0..<4 as Range<UInt64>)
    func paths(offset: UInt64) {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        let samples = ["/v1/records/A.test%2e.?x=%20", "/v1/sync/digest?cursor=%", "/health", "/v1/records/%ff%00é"]
        for round in 0..<2_000 {
            let bytes = Array(samples[round % samples.count].utf8).mutated(using: &random)
            let path = String(decoding: bytes, as: UTF8.self)
            guard case .record(let text) = NodeRoute(path: path) else { continue }
            guard let name = RecordName(text) else { continue }
            #expect(RecordName("\(name)")?.description == name.description, "seed \(seed): \(path)")
        }
    }
}
