import Testing

@testable import DNSMeshNode

@Suite("HTTP routes and rights")
struct NodeAPITests {
    static let unauthorized = HTTPFixture.Answer(status: 401, body: #"{"error": "unauthorized"}"#)

    @Test("With an operator token only its bearer reads and writes")
    func operatorToken() async throws {
        try await withHTTP(token: "secret") { http async throws in
            let body = #"{"value": "x"}"#
            for token in [nil, "", "wrong!", "secret x", "Secret"] {
                #expect(try await http.send(.post, "/v1/records/a.test", body, token: token) == Self.unauthorized)
                #expect(try await http.send(.delete, "/v1/records/a.test", token: token) == Self.unauthorized)
                #expect(try await http.send(.get, "/v1/records/a.test", token: token) == Self.unauthorized)
                #expect(try await http.send(.get, "/metrics", token: token) == Self.unauthorized)
                #expect(try await http.send(.get, "/stats", token: token) == Self.unauthorized)
            }
            #expect(try await http.send(.post, "/v1/records/a.test", body, token: "secret").status == 201)
            #expect(try await http.send(.get, "/v1/records/a.test", token: "secret").status == 200)
            #expect(try await http.send(.delete, "/v1/records/a.test", token: "secret").status == 204)
            #expect(try await http.send(.get, "/health").status == 200)
        }
    }

    @Test("An open node with a token takes writes from everybody, and shows its records to the operator")
    func openWithToken() async throws {
        try await withHTTP(token: "secret", writeAccess: .open) { http async throws in
            #expect(try await http.send(.post, "/v1/records/a.test", #"{"value": "x"}"#).status == 201)
            #expect(try await http.send(.get, "/v1/records/a.test") == Self.unauthorized)
        }
    }

    @Test("Without an operator nobody writes where only an operator may")
    func nobody() async throws {
        try await withHTTP(writeAccess: .operatorOnly) { http async throws in
            #expect(try await http.send(.post, "/v1/records/a.test", #"{"value": "x"}"#) == Self.unauthorized)
            #expect(try await http.send(.get, "/v1/records/a.test").status == 404)
        }
    }

    @Test("A source that asks too often is told to wait, before its token is looked at")
    func rateLimit() async throws {
        try await withHTTP(token: "secret", limit: RateLimit(perSecond: 0.2, burst: 2)) { http async throws in
            #expect(try await http.send(.get, "/v1/records/a.test") == Self.unauthorized)
            #expect(try await http.send(.get, "/v1/records/a.test", token: "secret").status == 404)
            let refused = try await http.response(.get, "/v1/records/a.test", token: "secret")
            #expect(refused.status == .tooManyRequests)
            #expect(refused.body == #"{"error": "rate limit exceeded"}"#)
            #expect(refused.retryAfter == 5)
            #expect(try await http.send(.get, "/health").status == 200)
        }
    }

    @Test(
        "What this node doesn't have is answered as the reference does",
        arguments: [
            (.get, "/", 404), (.get, "/nodes", 404), (.get, "/v1/info", 404), (.post, "/health", 404),
            (.get, "/v1/registration/challenge", 404), (.post, "/v1/registration/confirm", 404),
            (.post, "/v1/registration/tsig-confirm", 404), (.delete, "/v1/records/", 404), (.post, "/v1/records", 404),
        ] as [(HTTPQuestion.Method, String, Int)]
    )
    func notFound(method: HTTPQuestion.Method, path: String, status: Int) async throws {
        try await withHTTP { http async throws in
            #expect(try await http.send(method, path) == .init(status: status, body: #"{"error": "not found"}"#))
        }
    }

    @Test("Sync is not implemented, nor are other methods")
    func notImplemented() async throws {
        try await withHTTP { http async throws in
            #expect(
                try await http.send(.get, "/v1/sync/digest?limit=1")
                    == .init(status: 501, body: #"{"error": "store does not support sync"}"#)
            )
            #expect(
                try await http.send(.other, "/health") == .init(status: 501, body: #"{"error": "unsupported method"}"#)
            )
        }
    }

    @Test("Health, statistics and metrics touch the store")
    func health() async throws {
        try await withHTTP { http async throws in
            _ = try await http.send(.post, "/v1/records/a.test", #"{"value": "x"}"#)
            #expect(try await http.send(.get, "/health") == .init(status: 200, body: #"{"status": "ok"}"#))
            #expect(try await http.send(.get, "/stats") == .init(status: 200, body: #"{"records": 1}"#))
            let metrics = try await http.response(.get, "/metrics")
            #expect(metrics.contentType == "text/plain; version=0.0.4")
            let text = metrics.body
            #expect(text.contains("dmp_http_requests_total{method=\"POST\",status=\"201\"} 1.0\n"))
            #expect(text.contains("# TYPE dmp_records gauge\ndmp_records 1.0\n"))

            try http.store.close()
            #expect(
                try await http.send(.get, "/health")
                    == .init(status: 503, body: #"{"status": "degraded", "store": "unavailable"}"#)
            )
            #expect(try await http.send(.get, "/stats").status == 503)
            #expect(try await http.send(.get, "/metrics").status == 503)
            #expect(try await http.send(.get, "/v1/records/a.test").status == 503)
            let refused = try await http.response(.post, "/v1/records/a.test", #"{"value": "x"}"#)
            #expect(refused.status == .serviceUnavailable && refused.retryAfter == 5)
            #expect(
                refused.body
                    == #"{"ok": false, "error": "the node can't store records at the moment; try again later"}"#
            )
            #expect(try await http.send(.delete, "/v1/records/a.test").status == 503)
        }
    }
}
