import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@Suite("Publishing over HTTP", .timeLimit(.minutes(1)))
struct HTTPRecordWriterTests {
    private let name: OwnerName
    private let clock = ErasedClock.continuous
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(20)) }

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    private func withWriter(
        to server: ScriptedHTTPServer,
        token: String? = nil,
        settings: HTTPRecordWriter.Settings = .init(),
        _ body: (HTTPRecordWriter) async throws -> Void
    ) async throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:\(server.port)/")
        let token = try token.map { text throws(NetworkFailure) in try BearerToken(text) }
        try await withHTTPRecordWriter(to: endpoint, token: token, clock: self.clock, settings: settings, body)
    }

    @Test("A publication is one POST with the value, the lifetime and the token")
    func publish() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            try await self.withWriter(to: server, token: "dmp_token") { writer in
                let value = TXTValue(#"v=dmp1;"quoted""#)
                let result = try await writer.publish(value, at: self.name, ttl: 300, deadline: self.soon)
                #expect(result == .accepted)
            }
            let request = try #require(server.requests.first)
            let lines = request.head.split(separator: "\r\n")
            #expect(lines.first == "POST /v1/records/slot-1.mb-0123456789ab.mesh.test HTTP/1.1")
            #expect(lines.contains { $0.lowercased() == "content-type: application/json" })
            #expect(lines.contains("Authorization: Bearer dmp_token"))
            #expect(request.body == #"{"value": "v=dmp1;\"quoted\"", "ttl": 300}"#)
            #expect(server.requests.count == 1)
        }
    }

    @Test("Without a token none is sent")
    func noToken() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            try await self.withWriter(to: server) { writer in
                _ = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
            }
            #expect(server.requests.first?.head.lowercased().contains("authorization") == false)
        }
    }

    @Test(
        "A deletion names one value or has no body, and what is gone counts as deleted",
        arguments: [
            ("204 No Content", "a", #"{"value": "a"}"#), ("404 Not Found", "a", #"{"value": "a"}"#),
            ("204 No Content", nil, ""),
        ]
            as [(String, String?, String)]
    )
    func delete(status: String, value: String?, body: String) async throws {
        try await ScriptedHTTPServer.run(script: { _ in .answer(status) }) { server in
            try await self.withWriter(to: server) { writer in
                let result = try await writer.delete(value.map { TXTValue($0) }, at: self.name, deadline: self.soon)
                #expect(result == .accepted)
            }
            #expect(server.requests.map(\.body) == [body])
            #expect(server.requests.first?.head.hasPrefix("DELETE /v1/records/slot-1.") == true)
        }
    }

    @Test(
        "A refusal carries status, code and the node's words",
        arguments: [
            ("400 Bad Request", "invalid record value", .refused), ("401 Unauthorized", "unauthorized", .unauthorized),
            ("403 Forbidden", "forbidden", .unauthorized), ("413 Payload Too Large", "too much", .tooLarge),
            ("400 Bad Request", "ttl exceeds cap of 60s", .lifetimeTooLong),
            ("413 Payload Too Large", "RRset at x already holds 64 values", .nameFull),
        ] as [(String, String, NetworkFailure.Code)]
    )
    func refusal(status: String, words: String, code: NetworkFailure.Code) async throws {
        let reply = ScriptedReply.answer(status, body: #"{"error": "\#(words)"}"#)
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            try await self.withWriter(to: server, token: "secret") { writer in
                let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
                guard case .refused(let failure) = result else {
                    Issue.record("\(result) isn't a refusal")
                    return
                }
                #expect(failure.code == code)
                #expect(failure.httpStatus == Int(status.prefix(3)))
                #expect(failure.message.contains(words))
                #expect(!"\(failure)".contains("secret"))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { other in
            let location = "Location: http://127.0.0.1:\(other.port)/v1/records/x\r\n"
            try await ScriptedHTTPServer.run(script: { _ in .answer("307 Temporary Redirect", headers: location) }) {
                try await self.withWriter(to: $0, token: "secret") { writer in
                    let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
                    guard case .unavailable(let failure) = result else {
                        Issue.record("\(result) isn't unavailable")
                        return
                    }
                    #expect(failure.code == .unexpectedAnswer)
                    #expect(failure.httpStatus == 307)
                }
            }
            #expect(other.connectionCount == 0)
        }
    }

    @Test("What the route can't carry never reaches the node")
    func unsupportedValue() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            try await self.withWriter(to: server) { writer in
                let results = [
                    try await writer.publish(TXTValue([0xff]), at: self.name, ttl: 300, deadline: self.soon),
                    try await writer.delete(TXTValue(""), at: self.name, deadline: self.soon),
                ]
                for result in results {
                    guard case .refused(let failure) = result else {
                        Issue.record("\(result) isn't a refusal")
                        continue
                    }
                    #expect(failure.code == .unsupportedValue)
                }
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test(
        "An accepted write stays accepted, whatever follows the status",
        arguments: [
            .sendEndlessly("HTTP/1.1 201 Created\r\nTransfer-Encoding: identity\r\n\r\n"),
            .sendEndlessly("HTTP/1.1 201 Created\r\nContent-Length: 100000000\r\n\r\n"),
            .sendAndClose("HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n{\"ok"),
        ] as [ScriptedReply]
    )
    func acceptedWithOddBody(reply: ScriptedReply) async throws {
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            try await self.withWriter(to: server) { writer in
                let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
                #expect(result == .accepted)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("A refusal with a body without end is a refusal")
    func refusalWithEndlessBody() async throws {
        let reply = ScriptedReply.sendEndlessly("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100000000\r\n\r\n")
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            try await self.withWriter(to: server) { writer in
                let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
                guard case .refused(let failure) = result else {
                    Issue.record("\(result) isn't a refusal")
                    return
                }
                #expect(failure.code == .unauthorized)
            }
        }
    }

    @Test("An answer that isn't HTTP is malformed")
    func malformedAnswer() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .sendAndClose("SSH-2.0-OpenSSH_9.6\r\n\r\n") }) { server in
            try await self.withWriter(to: server) { writer in
                let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: self.soon)
                guard case .unavailable(let failure) = result else {
                    Issue.record("\(result) isn't unavailable")
                    return
                }
                #expect(failure.code == .malformedAnswer)
            }
        }
    }
}
