internal import DMPProtocol
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

    /// Takes an answer, once, on whatever thread it gets ready.
    typealias Reply = @Sendable (HTTPAnswer) -> Void

    /// Answers a question: before it returns, where the store isn't needed, else when the store has done its part.
    func answer(to question: HTTPQuestion, then reply: @escaping Reply) {
        self.route(question) { [metrics, method = question.method] answer in
            metrics.countRequest(method: method.rawValue, status: answer.status.code)
            reply(answer)
        }
    }

    private func route(_ question: HTTPQuestion, then reply: @escaping Reply) {
        switch (question.method, NodeRoute(path: question.path)) {
        case (.get, .record(let name)), (.head, .record(let name)): self.read(name, question, then: reply)
        case (.post, .record(let name)): self.publish(name, question, then: reply)
        case (.delete, .record(let name)): self.delete(name, question, then: reply)
        case (.get, .health), (.head, .health): self.health(then: reply)
        case (.get, .stats), (.head, .stats): self.stats(question, then: reply)
        case (.get, .metrics), (.head, .metrics): self.metrics(question, then: reply)
        case (.get, .sync), (.head, .sync), (.post, .sync):
            reply(.error(.notImplemented, "store does not support sync"))
        case (.other, _): reply(.error(.notImplemented, "unsupported method"))
        default: reply(.notFound)
        }
    }

    private func health(then reply: @escaping Reply) {
        self.liveRecords { count in
            guard count != nil else {
                return reply(.json(.serviceUnavailable, #"{"status": "degraded", "store": "unavailable"}"#))
            }
            reply(.json(.ok, #"{"status": "ok"}"#))
        }
    }

    private func stats(_ question: HTTPQuestion, then reply: @escaping Reply) {
        guard self.access.mayRead(question) else { return reply(.unauthorized) }
        self.liveRecords { count in
            guard let count else { return reply(.error(.serviceUnavailable, "store unavailable")) }
            reply(.json(.ok, #"{"records": \#(count)}"#))
        }
    }

    private func metrics(_ question: HTTPQuestion, then reply: @escaping Reply) {
        guard self.access.mayRead(question) else { return reply(.unauthorized) }
        self.liveRecords { [metrics] count in
            guard let count else { return reply(.error(.serviceUnavailable, "store unavailable")) }
            let text = metrics.text(liveRecords: count)
            reply(HTTPAnswer(status: .ok, body: text, contentType: "text/plain; version=0.0.4"))
        }
    }

    private func liveRecords(then body: @escaping @Sendable (Int?) -> Void) {
        self.store.count(now: self.now()) { body(self.value(of: $0, "count")) }
    }

    /// What came of a use of the store.
    ///
    /// - Returns: `nil` if the store failed, which is logged here.
    func value<Value>(of result: Result<Value, any Error>, _ purpose: String) -> Value? {
        switch result {
        case .success(let value): return value
        case .failure(let error):
            self.logger.error("the record store failed", metadata: ["operation": "\(purpose)", "cause": "\(error)"])
            return nil
        }
    }
}
