import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("Connections of the HTTP writer", .timeLimit(.minutes(1)))
struct HTTPRecordWriterConnectionTests {
    private let name: OwnerName
    private let clock = ErasedClock.continuous
    private var soon: ErasedClock.Instant { self.clock.now.advanced(by: .seconds(30)) }

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    private func publish(_ count: Int, through writer: HTTPRecordWriter) async throws -> [WriteResult] {
        let (name, deadline) = (self.name, self.soon)
        return try await Array(0..<count).concurrentMap(width: count) { number in
            try await writer.publish(TXTValue("\(number)"), at: name, ttl: 300, deadline: deadline)
        }
    }

    private func withWriter(
        to server: ScriptedHTTPServer,
        settings: HTTPRecordWriter.Settings = .init(),
        _ body: (HTTPRecordWriter) async throws -> Void
    ) async throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:\(server.port)")
        try await withHTTPRecordWriter(to: endpoint, token: nil, clock: self.clock, settings: settings, body)
    }

    @Test("A connection that the node keeps is used again")
    func keepAlive() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            try await self.withWriter(to: server) { writer in
                for _ in 0..<20 {
                    let results = try await self.publish(1, through: writer)
                    #expect(results == [.accepted])
                }
            }
            #expect(server.requests.count == 20)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("A node that closes after each answer gets everything, and not more at a time than it takes")
    func closingNode() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .createdAndClosed }) { server in
            try await self.withWriter(to: server) { writer in
                let results = try await self.publish(60, through: writer)
                #expect(results.allSatisfy { $0 == .accepted })
            }
            #expect(server.mostInFlight <= ConnectionPace.closingWidth)
            #expect(server.requests.count == 60)
        }
    }

    @Test("A node that is slow to accept has 48 requests at most under way, and gets everything in the end")
    func slowAccept() async throws {
        try await ScriptedHTTPServer.run(acceptsAtOnce: false, script: { _ in .createdAndClosed }) { server in
            try await self.withWriter(to: server) { writer in
                let results = try await withThrowingTaskGroup(of: [WriteResult].self) { group in
                    group.addTask { try await self.publish(60, through: writer) }
                    while writer.load != (ConnectionPace.closingWidth, 60 - ConnectionPace.closingWidth) {
                        await Task.yield()
                    }
                    try await server.accept()
                    return try await group.next()
                }
                #expect(results?.allSatisfy { $0 == .accepted } == true)
            }
            #expect(server.requests.count == 60)
        }
    }

    @Test("A node that keeps connections gets up to the full width, and not more", arguments: [16, 6])
    func fullWidth(width: Int) async throws {
        var settings = HTTPRecordWriter.Settings()
        settings.width = width
        let answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
        try await ScriptedHTTPServer.run { request in
            request.index < 100 ? .created : .sendTogether(answer, count: width)
        } _: { server in
            try await self.withWriter(to: server, settings: settings) { writer in
                _ = try await self.publish(100, through: writer)
                let results = try await self.publish(width * 2, through: writer)
                #expect(results.allSatisfy { $0 == .accepted })
            }
            #expect(server.mostInFlight == width)
            #expect(server.connectionCount <= width)
        }
    }

    @Test("A connection lost while idle costs a try, not the write")
    func lostWhileIdle() async throws {
        try await ScriptedHTTPServer.run { request in
            request.index == 1 ? .sendAndClose("") : .created
        } _: { server in
            try await self.withWriter(to: server) { writer in
                for _ in 0..<3 {
                    let results = try await self.publish(1, through: writer)
                    #expect(results == [.accepted])
                }
            }
            #expect(server.connectionCount == 2)
        }
    }

    @Test(
        "A token doesn't travel in the clear: nothing is looked up or connected",
        arguments: [
            "http://node.invalid", "http://192.0.2.1:8053", "http://127.0.0.1.node.invalid", "http://[2001:db8::1]",
        ]
    )
    func insecureCredential(text: String) async throws {
        let endpoint = try HTTPEndpoint(text)
        let token = try BearerToken("dmp_secret")
        let error = await #expect(throws: NetworkFailure.self) {
            try await withHTTPRecordWriter(to: endpoint, token: token) { _ in
                Issue.record("a writer was made")
            }
        }
        #expect(error?.code == .insecureCredential)
        #expect(error.map { "\($0)" }?.contains("dmp_secret") == false)
    }

    @Test("A token may go to an encrypted node, and to this machine")
    func secureCredential() async throws {
        for text in ["https://node.invalid", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            let endpoint = try HTTPEndpoint(text)
            try await withHTTPRecordWriter(to: endpoint, token: try BearerToken("dmp_secret")) { writer in
                #expect(writer.endpoint == endpoint)
                #expect(!"\(writer)".contains("dmp_secret"))
            }
        }
    }

    @Test("Cancelled while a request is under way, waits or pauses, a write throws nothing but that")
    func cancellation() async throws {
        for reply in [ScriptedReply.silence, .answer("503 Service Unavailable", headers: "Retry-After: 20\r\n")] {
            try await ScriptedHTTPServer.run(script: { _ in reply }) { server in
                try await self.withWriter(to: server) { writer in
                    let (name, deadline) = (self.name, self.soon)
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<10 {
                            group.addTask {
                                await #expect(throws: CancellationError.self) {
                                    try await writer.publish(TXTValue("a"), at: name, ttl: 1, deadline: deadline)
                                }
                            }
                        }
                        await server.waitForRequests(4)
                        group.cancelAll()
                    }
                }
            }
        }
    }

    @Test("After its end a writer is closed")
    func closed() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            let kept = Shared<HTTPRecordWriter?>(nil)
            try await self.withWriter(to: server) { writer in kept.change { $0 = writer } }
            let writer = try #require(kept.value)
            let result = try await writer.publish(TXTValue("a"), at: self.name, ttl: 1, deadline: self.soon)
            guard case .unavailable(let failure) = result else {
                Issue.record("\(result) isn't unavailable")
                return
            }
            #expect(failure.code == .closed)
        }
    }
}
