import DMPNetwork
import DMPTesting
import DNSTransport
import Testing

@Suite("Trying again over HTTP", .timeLimit(.minutes(1)))
struct HTTPRecordWriterRetryTests {
    private let writing: PausedWriting

    init() throws {
        self.writing = try PausedWriting()
    }

    @Test("After 429 the next try waits as long as the node asks", arguments: [3, 120])
    func retryAfter(seconds: Int) async throws {
        let reply = ScriptedReply.answer("429 Too Many Requests", headers: "Retry-After: \(seconds)\r\n", body: "{}")
        let times = Shared<[Duration]>([])
        let clock = self.writing.clock
        try await ScriptedHTTPServer.run { request in
            times.change { $0.append(clock.now.offset) }
            return request.index == 0 ? reply : .created
        } _: { server in
            let result = try await self.writing.publish(
                to: server.url,
                within: .seconds(200),
                pauses: [.seconds(seconds)]
            )
            #expect(result == .accepted)
        }
        #expect(times.value == [.zero, .seconds(seconds)])
    }

    @Test(
        "What may pass is repeated with the same bytes until it has passed",
        arguments: [
            .answer("500 Internal Server Error"), .answer("503 Service Unavailable", body: "<html>"),
            .sendAndClose(""), .sendAndClose("HTTP/1.1 201"),
        ] as [ScriptedReply]
    )
    func passingFailure(reply: ScriptedReply) async throws {
        try await ScriptedHTTPServer.run(script: { $0.index < 3 ? reply : .created }) { server in
            let pauses = [100, 200, 400].map { Duration.milliseconds($0) }
            let result = try await self.writing.publish(to: server.url, pauses: pauses)
            #expect(result == .accepted)
            #expect(server.requests.count == 4)
            #expect(Set(server.requests.map(\.body)).count == 1)
        }
    }

    @Test(
        "A failure that stays is reported when there is no time for another try",
        arguments: [
            (.answer("502 Bad Gateway", body: #"{"ok": false}"#), .serverFailure),
            (.answer("429 Too Many Requests", body: #"{"error": "rate limit exceeded"}"#), .rateLimited),
            (.sendAndClose(""), .connectionLost),
        ] as [(ScriptedReply, NetworkFailure.Code)]
    )
    func lastingFailure(reply: ScriptedReply, code: NetworkFailure.Code) async throws {
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            let pauses = [100, 200, 400, 800, 1600, 3200].map { Duration.milliseconds($0) }
            let result = try await self.writing.publish(to: server.url, within: .seconds(10), pauses: pauses)
            #expect(result.failureCode == code)
            #expect(server.requests.count == 7)
        }
    }

    @Test("A node that asks for more time than there is gets no second request")
    func retryAfterBeyondDeadline() async throws {
        let reply = ScriptedReply.answer("503 Service Unavailable", headers: "Retry-After: 86400\r\n")
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            let result = try await self.writing.publish(to: server.url)
            guard case .unavailable(let failure) = result else {
                Issue.record("\(result) isn't unavailable")
                return
            }
            #expect(failure.retryAfter == .seconds(86_400))
            #expect(server.requests.count == 1)
        }
    }

    @Test("A node that can't be reached is tried four times", arguments: ["127.0.0.1", "localhost"])
    func unreachable(host: String) async throws {
        let port = Shared(0)
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in port.change { $0 = server.port } }
        let pauses = [100, 200, 400].map { Duration.milliseconds($0) }
        let result = try await self.writing.publish(to: "http://\(host):\(port.value)", pauses: pauses)
        guard case .unavailable(let failure) = result else {
            Issue.record("\(result) isn't unavailable")
            return
        }
        #expect(failure.code == .unreachable)
        #expect(failure.message == "can't reach \(host):\(port.value): nothing listens there")
    }

    @Test("A node that speaks no TLS can't be reached over https")
    func noTLS() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in
            let pauses = [100, 200, 400].map { Duration.milliseconds($0) }
            server.greet("HTTP/1.1 400 Bad Request\r\n\r\n")
            let result = try await self.writing.publish(to: "https://127.0.0.1:\(server.port)", pauses: pauses)
            #expect(result.failureCode == .unreachable)
        }
    }

    @Test("Silence ends at the deadline")
    func silence() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in
            let result = try await withThrowingTaskGroup(of: WriteResult.self) { group in
                group.addTask { try await self.writing.publish(to: server.url, within: .seconds(5)) }
                await server.waitForRequests(1)
                self.writing.manual.advance(by: .seconds(5))
                return try await group.next()
            }
            #expect(result?.failureCode == .timeout)
            #expect(server.requests.count == 1)
        }
    }

    @Test("A try that takes ten seconds is given up and repeated")
    func slowTry() async throws {
        try await ScriptedHTTPServer.run(script: { $0.index == 0 ? .silence : .created }) { server in
            let result = try await withThrowingTaskGroup(of: WriteResult.self) { group in
                group.addTask {
                    try await self.writing.publish(to: server.url, pauses: [.milliseconds(100)])
                }
                await server.waitForRequests(1)
                self.writing.manual.advance(by: .seconds(10))
                return try await group.next()
            }
            #expect(result == .accepted)
            #expect(server.requests.count == 2)
        }
    }

    @Test("The rest of an answer that doesn't come is given up in its time, and the status counts")
    func hangingBody() async throws {
        let reply = ScriptedReply.send("HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n{")
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            let result = try await self.writing.publish(to: server.url, bodyTimeout: .milliseconds(1))
            #expect(result == .accepted)
        }
    }

    @Test("A deadline in the past costs no request")
    func pastDeadline() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            let result = try await self.writing.publish(to: server.url, within: .zero)
            #expect(result.failureCode == .timeout)
            #expect(server.connectionCount == 0)
        }
    }
}

extension WriteResult {
    /// Why the outcome of a write is unknown.
    fileprivate var failureCode: NetworkFailure.Code? {
        guard case .unavailable(let failure) = self else { return nil }
        return failure.code
    }
}
