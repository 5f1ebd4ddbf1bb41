import DMPProtocol
import DNSTransport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore

@testable import DNSMeshNode

/// The HTTP side of a node over an empty store.
struct HTTPFixture {
    let client: any TestClientProtocol
    let store: RecordStore
    let time: TestTime

    struct Answer: Equatable {
        let status: Int
        let body: String
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> Answer {
        let response = try await self.response(method, path, body, token: token)
        return Answer(status: response.status.code, body: String(buffer: response.body))
    }

    func response(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.authorization] = token.map { "Bearer \($0)" }
        return try await self.client.execute(
            uri: path,
            method: method,
            headers: headers,
            body: body.map { ByteBuffer(string: $0) }
        )
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
        let application = NodeHTTPServer.application(api, configuration: NodeConfiguration(), logger: logger) { _ in }
        try await application.test(.router) { client in
            try await body(HTTPFixture(client: client, store: store, time: time))
        }
    }
}
