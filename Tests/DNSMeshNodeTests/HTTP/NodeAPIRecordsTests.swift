import Testing

@testable import DNSMeshNode

@Suite("/v1/records")
struct NodeAPIRecordsTests {
    static let path = "/v1/records/a.test"

    @Test("A value is stored, read and deleted")
    func lifeOfAValue() async throws {
        try await withHTTP { http async throws in
            #expect(
                try await http.send(.get, Self.path) == .init(status: 404, body: #"{"name": "a.test", "values": []}"#)
            )
            #expect(
                try await http.send(.post, Self.path, #"{"value": "v=dmp1;hé", "ttl": 60}"#)
                    == .init(status: 201, body: #"{"ok": true}"#)
            )
            #expect(try await http.send(.post, Self.path, #"{"value": ""}"#).status == 201)
            #expect(
                try await http.send(.get, Self.path)
                    == .init(status: 200, body: #"{"name": "a.test", "values": ["v=dmp1;h\u00e9", ""]}"#)
            )
            #expect(
                try await http.send(.delete, Self.path, #"{"value": "v=dmp1;hé"}"#) == .init(status: 204, body: "")
            )
            #expect(
                try await http.send(.delete, Self.path, #"{"value": "v=dmp1;hé"}"#) == .init(status: 404, body: "")
            )
            #expect(try await http.send(.delete, Self.path).status == 204)
            #expect(try await http.send(.delete, Self.path).status == 404)
        }
    }

    @Test("A value lives 300 seconds unless said otherwise")
    func lifetime() async throws {
        try await withHTTP { http async throws in
            _ = try await http.send(.post, Self.path, #"{"value": "default"}"#)
            _ = try await http.send(.post, Self.path, #"{"value": "longest", "ttl": 86400}"#)
            let values = try await http.store.values(at: "a.test", now: http.time.now)
            #expect(values.map(\.secondsLeft) == [300, 86_400])
        }
    }

    @Test("Names are stored in lower case, from any spelling of the path")
    func names() async throws {
        try await withHTTP { http async throws in
            #expect(try await http.send(.post, "/v1/records/%20A.TEST.%20/", #"{"value": "x"}"#).status == 201)
            #expect(
                try await http.send(.get, "/v1/records/a.Test")
                    == .init(status: 200, body: #"{"name": "a.Test", "values": ["x"]}"#)
            )
        }
    }

    @Test(
        "A body that can't be used is refused for its own reason",
        arguments: [
            ("zzz", "invalid body"), ("null", "invalid body"), ("[]", "invalid body"), ("\"x\"", "invalid body"),
            (#"{"value": "x"} x"#, "invalid body"), (#"{"value": "x""#, "invalid body"),
            (String(repeating: " ", count: 16_385), "invalid body"), ("", "invalid body"),
            ("{}", "value (str) and ttl (int > 0) required"),
            (#"{"ttl": 5}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": 5}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": 0}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": -1}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": "5"}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": 5.0}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": null}"#, "value (str) and ttl (int > 0) required"),
            (#"{"value": "x", "ttl": 86401}"#, "ttl exceeds cap of 86400s"),
            (#"{"value": "x", "ttl": 4294967297}"#, "ttl exceeds cap of 86400s"),
            (#"{"value": "\#(String(repeating: "x", count: 2_049))"}"#, "value exceeds cap of 2048 bytes"),
            (#"{"value": "\#(String(repeating: "é", count: 1_025))"}"#, "value exceeds cap of 2048 bytes"),
            (#"{"value": "a\"b"}"#, "invalid record value"), (#"{"value": "a\nb"}"#, "invalid record value"),
            (#"{"value": "a\u0000b"}"#, "invalid record value"), ("{\"value\": \"a\u{7f}\"}", "invalid record value"),
        ]
    )
    func badBody(body: String, error: String) async throws {
        try await withHTTP { http async throws in
            #expect(
                try await http.send(.post, Self.path, body) == .init(status: 400, body: #"{"error": "\#(error)"}"#)
            )
            #expect(try await http.send(.get, Self.path).status == 404)
        }
    }

    @Test("A body and a value of exactly the limit are taken")
    func limits() async throws {
        try await withHTTP { http async throws in
            let value = String(repeating: "x", count: 2_048)
            let json = #"{"value": "\#(value)"}"#
            let body = json + String(repeating: " ", count: 16_384 - json.utf8.count)
            #expect(try await http.send(.post, Self.path, body).status == 201)
        }
    }

    @Test(
        "A name that can't be stored is refused",
        arguments: ["a%20b", "a%2Fb", "a/b", "*.a", "a_b", "a?x=1", String(repeating: "a", count: 64)]
    )
    func badName(name: String) async throws {
        try await withHTTP { http async throws in
            let refusal = HTTPFixture.Answer(status: 400, body: #"{"error": "invalid record name"}"#)
            #expect(try await http.send(.post, "/v1/records/\(name)", #"{"value": "x"}"#) == refusal)
            #expect(try await http.send(.delete, "/v1/records/\(name)") == refusal)
            #expect(try await http.send(.get, "/v1/records/\(name)").status == 404)
        }
    }

    @Test(
        "A delete that isn't understood deletes nothing",
        arguments: [
            "garbage", "[]", "null", #"{"value": 5}"#, #"{"value": null}"#, String(repeating: " ", count: 17_000),
        ]
    )
    func badDelete(body: String) async throws {
        try await withHTTP { http async throws in
            _ = try await http.send(.post, Self.path, #"{"value": "x"}"#)
            #expect(
                try await http.send(.delete, Self.path, body) == .init(status: 400, body: #"{"error": "invalid body"}"#)
            )
            #expect(
                try await http.send(.delete, Self.path, #"{"value": "a\nb"}"#)
                    == .init(status: 400, body: #"{"error": "invalid record value"}"#)
            )
            #expect(try await http.send(.get, Self.path).status == 200)
            #expect(try await http.send(.delete, Self.path, "{}").status == 204)
        }
    }

    @Test("The 65th value is refused, a known one is refreshed")
    func fullName() async throws {
        try await withHTTP { http async throws in
            for number in 0..<64 {
                #expect(try await http.send(.post, Self.path, #"{"value": "\#(number)"}"#).status == 201)
            }
            #expect(
                try await http.send(.post, Self.path, #"{"value": "64"}"#)
                    == .init(status: 413, body: #"{"error": "RRset at a.test already holds 64 values"}"#)
            )
            #expect(try await http.send(.post, Self.path, #"{"value": "63"}"#).status == 201)
        }
    }

    @Test("Values that no answer could hold are refused")
    func largeSet() async throws {
        try await withHTTP { http async throws in
            let value = String(repeating: "x", count: 2_000)
            for number in 0..<16 {
                #expect(try await http.send(.post, Self.path, #"{"value": "\#(value)\#(number)"}"#).status == 201)
            }
            #expect(
                try await http.send(.post, Self.path, #"{"value": "\#(value)"}"#)
                    == .init(status: 413, body: #"{"error": "RRset at a.test would exceed 32768 bytes"}"#)
            )
        }
    }
}
