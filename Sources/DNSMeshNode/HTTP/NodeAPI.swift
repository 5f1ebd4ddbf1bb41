internal import DMPProtocol
internal import HTTPTypes
internal import Logging

/// The HTTP side of the node, without sockets.
///
/// Source: protocol documents, "The node's HTTP API", sections 2, 3, 7 and 8.
struct NodeAPI: Sendable {
    let store: RecordStore
    let access: HTTPAccess
    let limits: RecordLimits
    let limiter: SourceLimiter
    /// What a client without tokens is told to wait, in seconds.
    let retryAfter: Int
    let metrics: NodeMetrics
    let now: @Sendable () -> UnixSeconds
    let logger: Logger

    /// 16,384, the most bytes of a request body.
    static let bodyLimit = 16_384

    func answer(to question: HTTPQuestion) async throws(CancellationError) -> HTTPAnswer {
        let answer = try await self.route(question)
        self.metrics.countRequest(method: question.countedMethod, status: answer.status.code)
        return answer
    }

    private func route(_ question: HTTPQuestion) async throws(CancellationError) -> HTTPAnswer {
        switch (question.method, NodeRoute(path: question.path)) {
        case (.get, .record(let name)), (.head, .record(let name)): try await self.read(name, question)
        case (.post, .record(let name)): try await self.publish(name, question)
        case (.delete, .record(let name)): try await self.delete(name, question)
        case (.get, .health), (.head, .health): try await self.health()
        case (.get, .stats), (.head, .stats): try await self.stats(question)
        case (.get, .metrics), (.head, .metrics): try await self.metrics(question)
        case (.get, .sync), (.head, .sync), (.post, .sync):
            .error(.notImplemented, "store does not support sync")
        case (.get, _), (.head, _), (.post, _), (.delete, _): .notFound
        default: .error(.notImplemented, "unsupported method")
        }
    }

    private func health() async throws(CancellationError) -> HTTPAnswer {
        guard try await self.liveRecords() != nil else {
            return .json(.serviceUnavailable, #"{"status": "degraded", "store": "unavailable"}"#)
        }
        return .json(.ok, #"{"status": "ok"}"#)
    }

    private func stats(_ question: HTTPQuestion) async throws(CancellationError) -> HTTPAnswer {
        guard self.access.mayRead(question) else { return .unauthorized }
        guard let count = try await self.liveRecords() else { return .error(.serviceUnavailable, "store unavailable") }
        return .json(.ok, #"{"records": \#(count)}"#)
    }

    private func metrics(_ question: HTTPQuestion) async throws(CancellationError) -> HTTPAnswer {
        guard self.access.mayRead(question) else { return .unauthorized }
        guard let count = try await self.liveRecords() else { return .error(.serviceUnavailable, "store unavailable") }
        return HTTPAnswer(
            status: .ok,
            body: self.metrics.text(liveRecords: count),
            contentType: "text/plain; version=0.0.4"
        )
    }

    private func liveRecords() async throws(CancellationError) -> Int? {
        try await self.using("count") { try await self.store.count(now: self.now()) }
    }

    /// Uses the store.
    ///
    /// - Returns: `nil` if the store failed, which is logged here.
    func using<Value: Sendable>(
        _ purpose: String,
        _ operation: () async throws -> Value
    ) async throws(CancellationError) -> Value? {
        do {
            return try await operation()
        } catch let error as CancellationError {
            throw error
        } catch {
            self.logger.error("the record store failed", metadata: ["operation": "\(purpose)", "cause": "\(error)"])
            return nil
        }
    }
}

extension HTTPQuestion {
    fileprivate var countedMethod: String {
        switch self.method {
        case .get, .head, .post, .delete: self.method.rawValue
        default: "other"
        }
    }
}
