import DNSMeshNode
import DNSWire
import Foundation
import Testing

@Suite("HTTP connections of a node")
struct NodeConnectionTests {
    static let path = "/v1/records/a.mesh.example.org"

    private static func withNode(_ body: @Sendable (LiveNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                try await body(node)
            }
        }
    }

    /// All that the node says to these bytes until it closes the connection.
    private static func exchange(_ text: String) async throws -> String {
        let answers = AsyncStream.makeStream(of: String.self)
        try await Self.withNode { node async throws in
            try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
                socket.push(Array(text.utf8))
                answers.continuation.yield(String(decoding: await socket.untilClosed(), as: UTF8.self))
            }
        }
        var iterator = answers.stream.makeAsyncIterator()
        return try #require(await iterator.next())
    }

    private static func post(_ value: String, _ headers: String = "") -> String {
        let body = #"{"value": "\#(value)"}"#
        return "POST \(Self.path) HTTP/1.1\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Status codes, in the order of coming.
    private static func statuses(_ answers: String) -> [String] {
        answers.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
    }

    @Test("What is sent ahead is carried out in order: each reads what those before it wrote")
    func order() async throws {
        let get = "GET \(Self.path) HTTP/1.1\r\n\r\n"
        let delete = "DELETE \(Self.path) HTTP/1.1\r\n\r\n"
        let rounds = (0..<40).map { Self.post("round \($0)") + get + delete + get }.joined()
        let text = try await Self.exchange(rounds + "HEAD \(Self.path) HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(Self.statuses(text) == (0..<40).flatMap { _ in ["201", "200", "204", "404"] } + ["404"])
        for round in 0..<40 { #expect(text.components(separatedBy: #"["round \#(round)"]"#).count == 2) }
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("Many publications sent ahead are all stored")
    func ahead() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
                let posts = (0..<59).map { Self.post("value \($0)") }.joined()
                socket.push(Array((posts + Self.post("value 59", "Connection: close\r\n")).utf8))
                let text = String(decoding: await socket.untilClosed(), as: UTF8.self)
                #expect(Self.statuses(text) == [String](repeating: "201", count: 60))
            }
            let texts = try await node.running.dnsAddress.texts(at: "a.mesh.example.org")
            #expect(texts == (0..<60).map { "value \($0)" }.sorted())
        }
    }

    @Test("A client that waits for it is told to send its body, after the answers before it")
    func continues() async throws {
        try await Self.withNode { node async throws in
            try await RawSocket.withConnection(to: node.running.httpPort) { socket async throws in
                let body = #"{"value": "x"}"#
                let head = "POST \(Self.path) HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n"
                socket.push(Array(Self.post("first").utf8))
                socket.push(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n".utf8))
                var text = ""
                while !text.contains("100 Continue\r\n\r\n"), let piece = await socket.next() {
                    text += String(decoding: piece, as: UTF8.self)
                }
                socket.push(Array(body.utf8))
                text += String(decoding: await socket.untilClosed(), as: UTF8.self)
                #expect(Self.statuses(text) == ["201", "100", "201"])
            }
        }
    }

    @Test("Who asks before sending too much is refused instead of told to go on")
    func refusesExpected() async throws {
        let head = "POST \(Self.path) HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 16385\r\n\r\n"
        #expect(Self.statuses(try await Self.exchange(head)) == ["400"])
    }

    @Test("A body that is too long is refused, and the next request on the connection answered")
    func tooLong() async throws {
        let body = String(repeating: " ", count: 40_000)
        let long = "POST \(Self.path) HTTP/1.1\r\nContent-Length: 40000\r\n\r\n\(body)"
        let text = try await Self.exchange(long + Self.post("x", "Connection: close\r\n"))
        #expect(Self.statuses(text) == ["400", "201"])
        #expect(text.contains(#"{"error": "invalid body"}"#))
    }

    @Test("A body in chunks is taken as a whole")
    func chunks() async throws {
        let head = "POST \(Self.path) HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        let text = try await Self.exchange(head + "b\r\n{\"value\": \"\r\n5\r\nxyz\"}\r\n0\r\n\r\n")
        #expect(Self.statuses(text) == ["201"])
    }

    @Test(
        "The connection ends after the answer where the client, its version or its bytes want that",
        arguments: [
            ("GET /health HTTP/1.0\r\n\r\n", ["200"]), ("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", ["200"]),
            ("GET /health HTTP/1.1\r\n\r\nGET /health\u{1}\r\n\r\n", ["200", "400"]),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", ["501"]), ("PUT /health HTTP/1.0\r\n\r\n", ["501"]),
            ("GET /health HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", ["200"]),
        ]
    )
    func ends(request: String, statuses: [String]) async throws {
        let text = try await Self.exchange(request)
        #expect(Self.statuses(text) == statuses)
        #expect(text.contains("\r\nConnection: close\r\n"))
    }

    @Test("A node that stops closes idle connections at once")
    func stop() async throws {
        try await Self.withStoppingNode { port, stop in
            try await RawSocket.withConnection(to: port) { socket async throws in
                socket.push(Array(Self.post("x").utf8))
                let answer = String(decoding: await socket.next() ?? [], as: UTF8.self)
                #expect(Self.statuses(answer) == ["201"])
                stop()
                #expect(await socket.untilClosed().isEmpty)
            }
        }
    }

    @Test("A node that stops answers the request that has begun, and takes no new connections")
    func stopWithRequest() async throws {
        try await Self.withStoppingNode { port, stop in
            try await RawSocket.withConnection(to: port) { socket async throws in
                let body = #"{"value": "x"}"#
                let head = "POST \(Self.path) HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)"
                socket.push(Array("\(head)\r\n\r\n".utf8))
                let word = String(decoding: await socket.next() ?? [], as: UTF8.self)
                #expect(Self.statuses(word) == ["100"])
                stop()
                while await Self.accepts(port) {}
                socket.push(Array(body.utf8))
                let answer = String(decoding: await socket.untilClosed(), as: UTF8.self)
                #expect(Self.statuses(answer) == ["201"])
                #expect(answer.contains("\r\nConnection: close\r\n"))
            }
        }
    }

    private static func accepts(_ port: Int) async -> Bool {
        do {
            try await RawSocket.withConnection(to: port) { _ in }
            return true
        } catch {
            return false
        }
    }

    /// Lends the port of a node and what tells it to stop.
    private static func withStoppingNode(
        _ body: @Sendable (Int, @Sendable () -> Void) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        try await withTemporaryFolder { folder async throws in
            let configuration = try LiveNode.configuration(in: folder)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await withLiveNode(configuration) { node async throws in
                        port.yield(node.running.httpPort)
                        for await _ in asked.prefix(1) {}
                    }
                }
                for await port in ports.prefix(1) { try await body(port) { ask.yield() } }
                try await group.waitForAll()
            }
        }
    }
}
