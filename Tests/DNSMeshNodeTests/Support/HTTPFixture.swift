import DMPProtocol
import DNSTransport
import DNSWire
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import DNSMeshNode

/// The HTTP side of a node over an empty store.
struct HTTPFixture {
    let api: NodeAPI
    let store: RecordStore
    let time: TestTime

    struct Answer: Equatable {
        let status: Int
        let body: String
    }

    func send(
        _ method: HTTPQuestion.Method,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> Answer {
        let answer = try await self.response(method, path, body, token: token)
        return Answer(status: answer.status.code, body: answer.body)
    }

    /// What the node says to a request that comes in parts, as from a socket.
    func response(
        _ method: HTTPQuestion.Method,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> HTTPAnswer {
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: path)
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        var reader = RequestReader()
        let parts =
            [HTTPServerRequestPart.head(head)] + (body.map { [.body(ByteBuffer(string: $0))] } ?? []) + [.end(nil)]
        let requests = parts.compactMap { part -> RequestReader.Request? in
            if case .request(let request) = reader.take(part) { request } else { nil }
        }
        try #require(requests.count == 1)
        let question = HTTPQuestion(requests[0].head, body: requests[0].body, source: .v4(.loopback))
        return await withCheckedContinuation { continuation in
            self.api.answer(to: question) { continuation.resume(returning: $0) }
        }
    }
}

/// Lends the HTTP side of a node without rate limit.
func withHTTP(
    token: String? = nil,
    writeAccess: WriteAccess? = nil,
    limit: RateLimit = .off,
    limits: RecordLimits = RecordLimits(),
    _ body: @Sendable (HTTPFixture) async throws -> Void
) async throws {
    try await withTemporaryStore(limits: limits) { store in
        let time = TestTime()
        let access = HTTPAccess(
            writeAccess: writeAccess ?? (token == nil ? .open : .operatorOnly),
            operatorToken: token.flatMap { OperatorToken($0) }
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let api = NodeAPI(
            store: store,
            access: access,
            limits: limits,
            limiter: SourceLimiter(limit, clock: .continuous),
            retryAfter: limit.secondsPerToken,
            metrics: NodeMetrics(),
            now: { time.now },
            logger: logger
        )
        try await body(HTTPFixture(api: api, store: store, time: time))
    }
}
