import DMPProtocol
import NIOCore
import NIOPosix
import Testing

@testable import DNSMeshNode

/// The limits on time are a tenth of a second here, and nothing asserts that they are kept to: only that they end.
@Suite("Time limits of the node's HTTP server", .timeLimit(.minutes(2)))
struct NodeHTTPServerTests {
    private static let post = "POST /v1/records/a.test HTTP/1.1\r\nContent-Length: 14\r\n\r\n"

    /// Runs `body` with a connection to a server that answers from a store.
    private static func withConnection(
        reads: Bool = true,
        _ body: @escaping @Sendable (any Channel, HTTPFixture) async throws -> Void
    ) async throws {
        try await withHTTP { http async throws in
            var configuration = NodeConfiguration()
            configuration.httpPort = 0
            let times = HTTPConnection.Times(silence: .milliseconds(100), drain: .milliseconds(50))
            let server = NodeHTTPServer(http.api, configuration: configuration, times: times)
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run { port.yield($0) } }
                for await port in ports.prefix(1) {
                    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .channelOption(.autoRead, value: reads)
                        .connect(host: "127.0.0.1", port: port).get()
                    try await body(channel, http)
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test(
        "A connection ends whose client says nothing, or stops in the middle of a request",
        arguments: ["", "GET /hea", post, post + #"{"value":"#, "GET /health HTTP/1.1\r\n\r\n"]
    )
    func silence(said: String) async throws {
        try await Self.withConnection { channel, http in
            try await channel.writeAndFlush(ByteBuffer(string: said)).get()
            try await channel.closeFuture.get()
            #expect(try await http.send(.get, "/v1/records/a.test").status == 404)
        }
    }

    @Test("A connection ends whose client reads no answers")
    func unread() async throws {
        try await Self.withConnection(reads: false) { channel, http in
            let name: RecordName = "a.test"
            for number in 0..<20 {
                let value = "\(number)" + String(repeating: "x", count: 1_900)
                _ = try await http.store.publish(value, at: name, lifetime: 300, now: http.time.now)
            }
            // 40 KB each, and far more in all than the buffers of both systems hold.
            let asked = String(repeating: "GET /v1/records/a.test HTTP/1.1\r\n\r\n", count: 1_000)
            channel.writeAndFlush(ByteBuffer(string: asked), promise: nil)
            try await channel.closeFuture.get()
        }
    }
}
