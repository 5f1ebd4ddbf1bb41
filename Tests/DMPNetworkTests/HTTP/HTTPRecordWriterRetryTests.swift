import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@Suite("Trying again over HTTP", .timeLimit(.minutes(1)))
struct HTTPRecordWriterRetryTests {
    private let name: OwnerName
    private let manual = ManualClock()
    private let clock: ErasedClock

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
        self.clock = ErasedClock(self.manual)
    }

    /// Publishes once to a server with this script, the clock being moved forward during pauses.
    private func publish(
        to server: ScriptedHTTPServer,
        within limit: Duration = .seconds(60),
        settings: HTTPRecordWriter.Settings = .init()
    ) async throws -> WriteResult {
        try await self.publish(toPort: server.port, within: limit, settings: settings)
    }

    private func publish(
        toPort port: Int,
        within limit: Duration = .seconds(60),
        settings: HTTPRecordWriter.Settings = .init()
    ) async throws -> WriteResult {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:\(port)")
        let (clock, name) = (self.clock, self.name)
        return try await self.manual.driving(by: .milliseconds(50)) {
            try await withHTTPRecordWriter(to: endpoint, token: nil, clock: clock, settings: settings) { writer in
                let deadline = clock.now.advanced(by: limit)
                return try await writer.publish(TXTValue("a"), at: name, ttl: 300, deadline: deadline)
            }
        }
    }

    @Test("After 429 the next try waits as long as the node asks")
    func retryAfter() async throws {
        let times = Shared<[Duration]>([])
        let clock = self.clock
        try await ScriptedHTTPServer.run { request in
            times.change { $0.append(clock.now.offset) }
            return request.index == 0
                ? .answer("429 Too Many Requests", headers: "Retry-After: 3\r\n", body: "{}") : .created
        } _: { server in
            let result = try await self.publish(to: server)
            #expect(result == .accepted)
        }
        let waits = zip(times.value, times.value.dropFirst()).map { $1 - $0 }
        #expect(waits.count == 1)
        #expect(waits.allSatisfy { $0 >= .seconds(3) && $0 < .seconds(5) }, "\(waits)")
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
            let result = try await self.publish(to: server)
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
            let result = try await self.publish(to: server, within: .seconds(10))
            guard case .unavailable(let failure) = result else {
                Issue.record("\(result) isn't unavailable")
                return
            }
            #expect(failure.code == code)
            #expect((4...12).contains(server.requests.count), "\(server.requests.count) tries in ten seconds")
            #expect(self.clock.now.offset <= .seconds(10))
        }
    }

    @Test("A node that asks for more time than there is gets no second request")
    func retryAfterBeyondDeadline() async throws {
        let reply = ScriptedReply.answer("503 Service Unavailable", headers: "Retry-After: 86400\r\n")
        try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
            let result = try await self.publish(to: server)
            guard case .unavailable(let failure) = result else {
                Issue.record("\(result) isn't unavailable")
                return
            }
            #expect(failure.retryAfter == .seconds(86_400))
            #expect(server.requests.count == 1)
        }
    }

    @Test("A node that can't be reached is tried four times")
    func unreachable() async throws {
        let port = Shared(0)
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in port.change { $0 = server.port } }
        guard case .unavailable(let failure) = try await self.publish(toPort: port.value) else {
            Issue.record("not unavailable")
            return
        }
        #expect(failure.code == .unreachable)
        #expect(failure.message == "can't reach 127.0.0.1: nothing listens there")
    }

    @Test("Silence ends at the deadline")
    func silence() async throws {
        let (clock, name) = (self.clock, self.name)
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in
            let endpoint = try HTTPEndpoint("http://127.0.0.1:\(server.port)")
            let result = try await withThrowingTaskGroup(of: WriteResult.self) { group in
                group.addTask {
                    try await withHTTPRecordWriter(to: endpoint, token: nil, clock: clock) { writer in
                        let deadline = clock.now.advanced(by: .seconds(5))
                        return try await writer.publish(TXTValue("a"), at: name, ttl: 300, deadline: deadline)
                    }
                }
                await server.waitForRequests(1)
                self.manual.advance(by: .seconds(5))
                return try await group.next()
            }
            guard case .unavailable(let failure) = result else {
                Issue.record("not unavailable")
                return
            }
            #expect(failure.code == .timeout)
            #expect(server.requests.count == 1)
        }
    }

    @Test("A try that takes too long is given up and repeated")
    func slowTry() async throws {
        var shortTry = HTTPRecordWriter.Settings()
        shortTry.tryTimeout = .milliseconds(200)
        let settings = shortTry
        try await ScriptedHTTPServer.run(script: { $0.index == 0 ? .silence : .created }) { server in
            let clock = ErasedClock.continuous
            let endpoint = try HTTPEndpoint("http://127.0.0.1:\(server.port)")
            try await withHTTPRecordWriter(to: endpoint, token: nil, clock: clock, settings: settings) { writer in
                let deadline = clock.now.advanced(by: .seconds(30))
                let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 300, deadline: deadline)
                #expect(result == .accepted)
            }
            #expect(server.requests.count >= 2)
        }
    }

    @Test("A deadline in the past costs no request")
    func pastDeadline() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            guard case .unavailable(let failure) = try await self.publish(to: server, within: .zero) else {
                Issue.record("not unavailable")
                return
            }
            #expect(failure.code == .timeout)
            #expect(server.connectionCount == 0)
        }
    }
}
