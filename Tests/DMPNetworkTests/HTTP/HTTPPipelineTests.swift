import DMPNetwork
import DMPProtocol
import DNSTransport
import NIOSSL
import Testing

@Suite("Requests in a row over kept connections", .timeLimit(.minutes(1)))
struct HTTPPipelineTests {
    private static let accepted = "HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n{\"ok\": true}"

    private let name: OwnerName
    private let clock = ErasedClock.continuous

    init() throws {
        self.name = try OwnerName("slot-1.mb-0123456789ab.mesh.test")
    }

    private func publish(_ count: Int, through writer: HTTPRecordWriter) async throws -> [WriteResult] {
        let (name, deadline) = (self.name, self.clock.now.advanced(by: .seconds(40)))
        return try await Array(0..<count).concurrentMap(width: count) { number in
            try await writer.publish(TXTValue("\(number)"), at: name, ttl: 300, deadline: deadline)
        }
    }

    private func withWriter(
        to server: ScriptedHTTPServer,
        _ body: (HTTPRecordWriter) async throws -> Void
    ) async throws {
        try await withHTTPRecordWriter(to: HTTPEndpoint(server.url), token: nil, clock: self.clock) {
            try await body($0)
        }
    }

    @Test("All chunks of the longest message are under way before the first is answered, over two dozen connections")
    func longestMessage() async throws {
        try await ScriptedHTTPServer.run(backlog: 64) { request in
            request.index == 0 ? .created : .sendTogether(Self.accepted, count: 254)
        } _: { server in
            try await self.withWriter(to: server) { writer in
                let first = try await self.publish(1, through: writer)
                await writer.prepare(forRecords: 255)
                await server.waitForConnections(24)
                let results = try await self.publish(254, through: writer)
                #expect((first + results).allSatisfy { $0 == .accepted })
            }
            #expect(server.connectionCount == 24)
            #expect(server.mostInFlight == 254)
            #expect(Set(server.requests.dropFirst().map(\.body)).count == 254)
        }
    }

    @Test(
        "An unknown node has a connection for each record before the first of them is to be sent",
        arguments: [7, 16]
    )
    func ahead(count: Int) async throws {
        try await ScriptedHTTPServer.run(backlog: 64, script: { _ in .sendTogether(Self.accepted, count: count) }) {
            server in
            try await self.withWriter(to: server) { writer in
                await writer.prepare(forRecords: count)
                await server.waitForConnections(count)
                #expect(server.requests.isEmpty)
                let results = try await self.publish(count, through: writer)
                #expect(results.allSatisfy { $0 == .accepted })
            }
            #expect(server.connectionCount == count)
        }
    }

    @Test("Each answer goes to its own request, in the order in which they were sent")
    func order() async throws {
        try await ScriptedHTTPServer.run { request in
            let isOdd = request.body.contains("1\"") || request.body.contains("3\"")
            return isOdd ? .answer("403 Forbidden", body: #"{"error": "\#(request.body.count)"}"#) : .created
        } _: { server in
            try await self.withWriter(to: server) { writer in
                _ = try await self.publish(1, through: writer)
                let results = try await self.publish(60, through: writer)
                for (number, result) in results.enumerated() {
                    #expect((result == .accepted) == ![1, 3].contains(number % 10), "\(number)")
                }
            }
        }
    }

    @Test("A node that answers one of many on each connection and closes it gets all of them in the end")
    func oneAnswerEach() async throws {
        let seen = Shared<Set<Int>>([])
        try await ScriptedHTTPServer.run { request in
            // The first connection is kept, so that others get several requests in a row.
            guard request.connection > 0 else { return .created }
            let isFirst = seen.change { $0.insert(request.connection).inserted }
            return isFirst ? .sendAndClose(Self.accepted) : .silence
        } _: { server in
            try await self.withWriter(to: server) { writer in
                _ = try await self.publish(1, through: writer)
                let results = try await self.publish(60, through: writer)
                #expect(results.allSatisfy { $0 == .accepted })
            }
        }
    }

    @Test("Connections that the node closes while they are idle cost no request")
    func idle() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            try await self.withWriter(to: server) { writer in
                for _ in 0..<5 {
                    let results = try await self.publish(8, through: writer)
                    #expect(results.allSatisfy { $0 == .accepted })
                    await server.endConnections()
                }
            }
            #expect(server.requests.count == 40)
        }
    }

    @Test("An answer that nobody has asked for is taken for none, and ends the connection")
    func thinAir() async throws {
        let stray = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        try await ScriptedHTTPServer.run { request in
            request.index == 0 ? .send(Self.accepted + stray) : .created
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

    @Test("A connection that was answered before it was asked is not used")
    func answeredFirst() async throws {
        try await ScriptedHTTPServer.run(script: { _ in .created }) { server in
            server.greet("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            try await self.withWriter(to: server) { writer in
                await writer.prepare(forRecords: 1)
                await server.waitForConnections(1)
                await server.endConnections(byClient: true)
                server.greet("")
                let results = try await self.publish(1, through: writer)
                #expect(results == [.accepted])
            }
        }
    }

    @Test("One that is cancelled takes no other with it, and no other gets its answer")
    func cancelledInTheMiddle() async throws {
        try await ScriptedHTTPServer.run { request in
            if request.index == 0 { return .created }
            return .sendTogether(Self.accepted, count: 9)
        } _: { server in
            try await self.withWriter(to: server) { writer in
                _ = try await self.publish(1, through: writer)
                let (name, deadline) = (self.name, self.clock.now.advanced(by: .seconds(40)))
                try await withThrowingTaskGroup(of: WriteResult?.self) { group in
                    for number in 0..<4 {
                        group.addTask {
                            try await writer.publish(TXTValue("kept \(number)"), at: name, ttl: 1, deadline: deadline)
                        }
                    }
                    await server.waitForRequests(5)
                    await withTaskGroup(of: Void.self) { cancelled in
                        cancelled.addTask {
                            await #expect(throws: CancellationError.self) {
                                try await writer.publish(TXTValue("gone"), at: name, ttl: 1, deadline: deadline)
                            }
                        }
                        await server.waitForRequests(6)
                        cancelled.cancelAll()
                    }
                    for number in 4..<8 {
                        group.addTask {
                            try await writer.publish(TXTValue("kept \(number)"), at: name, ttl: 1, deadline: deadline)
                        }
                    }
                    for try await result in group { #expect(result == .accepted) }
                }
            }
        }
    }
}

@Suite("Nodes over TLS", .timeLimit(.minutes(1)))
struct HTTPSecurityTests {
    private let writing: PausedWriting
    private let pauses = [100, 200, 400].map { Duration.milliseconds($0) }

    init() throws {
        self.writing = try PausedWriting()
    }

    @Test(
        "A node whose certificate is for its name, or its address, is trusted",
        arguments: ["localhost", "127.0.0.1"]
    )
    func trusted(host: String) async throws {
        let security = try TestCertificate.localhost.server()
        try await ScriptedHTTPServer.run(security: security, script: { _ in .created }) { server in
            let result = try await self.writing.publish(
                to: "https://\(host):\(server.port)",
                trustRoots: TestCertificate.authority
            )
            #expect(result == .accepted)
            #expect(server.requests.map(\.head).allSatisfy { $0.contains("Host: \(host):\(server.port)") })
        }
    }

    @Test(
        "A node that isn't trusted, has another's certificate or an old TLS gets no request",
        arguments: [
            (.localhost, false, nil), (.otherName, true, nil), (.localhost, true, .tlsv11),
        ] as [(TestCertificate, Bool, TLSVersion?)]
    )
    func refused(certificate: TestCertificate, isAuthorityTrusted: Bool, newest: TLSVersion?) async throws {
        let security = try certificate.server(newest: newest)
        try await ScriptedHTTPServer.run(security: security, script: { _ in .created }) { server in
            let result = try await self.writing.publish(
                to: "https://127.0.0.1:\(server.port)",
                trustRoots: isAuthorityTrusted ? TestCertificate.authority : nil,
                pauses: self.pauses
            )
            guard case .unavailable(let failure) = result else {
                Issue.record("\(result) isn't unavailable")
                return
            }
            #expect(failure.code == .unreachable)
            #expect(failure.message.contains("it can't be talked to over TLS"))
            #expect(server.requests.isEmpty)
        }
    }
}
