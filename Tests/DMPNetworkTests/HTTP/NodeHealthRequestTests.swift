import DMPNetwork
import DNSTransport
import Testing

@Suite("Asking a node for its health", .timeLimit(.minutes(1)))
struct NodeHealthRequestTests {
    private static var deadline: ErasedClock.Instant { ErasedClock.continuous.now.advanced(by: .seconds(20)) }

    @Test(
        "Status 200 is well; anything else says why not",
        arguments: [
            ("200 OK", nil), ("503 Service Unavailable", .serverFailure), ("404 Not Found", .unexpectedAnswer),
            ("301 Moved", .unexpectedAnswer),
        ] as [(String, NetworkFailure.Code?)]
    )
    func statuses(status: String, code: NetworkFailure.Code?) async throws {
        try await ScriptedHTTPServer.run(script: { _ in .answer(status) }) { server in
            let failure = try await HTTPEndpoint("\(server.url)/base/").checkHealth(before: Self.deadline)
            #expect(failure?.code == code)
            #expect(server.requests.first?.head.hasPrefix("GET /base/health HTTP/1.1\r\n") == true)
            #expect(server.requests.first?.head.contains("Authorization") == false)
        }
    }

    @Test("A node that isn't there, talks nonsense or is silent is not well")
    func failures() async throws {
        #expect(try await HTTPEndpoint("http://127.0.0.1:1").checkHealth(before: Self.deadline)?.code == .unreachable)
        try await ScriptedHTTPServer.run(script: { _ in .sendAndClose("nonsense\r\n\r\n") }) { server in
            let failure = try await HTTPEndpoint(server.url).checkHealth(before: Self.deadline)
            #expect(failure?.code == .malformedAnswer || failure?.code == .connectionLost)
        }
        try await ScriptedHTTPServer.run(script: { _ in .silence }) { server in
            let failure = try await HTTPEndpoint(server.url).checkHealth(before: ErasedClock.continuous.now)
            #expect(failure == NetworkFailure(.timeout, "no answer from 127.0.0.1:\(server.port) in time"))
        }
    }
}
