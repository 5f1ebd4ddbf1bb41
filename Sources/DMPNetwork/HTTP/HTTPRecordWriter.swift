public import DMPProtocol
public import DNSTransport
private import NIOCore
private import NIOHTTP1

/// Publishes records through the HTTP API of one node.
///
/// Connections are kept and used again, several requests at a time go over one if the node keeps it, and at most `width`
/// requests are under way. A failure that may pass (429, 5xx, a lost
/// connection) is tried again with growing pauses until the deadline: publishing twice does no harm. Redirects are not
/// followed. Each result carries its own failure; the writer keeps no state of the last one.
///
/// Source: protocol documents, "The network layer", section 10.
public final class HTTPRecordWriter: RecordWriter {
    public let endpoint: HTTPEndpoint
    private let token: BearerToken?
    private let settings: Settings
    private let clock: ErasedClock
    private let connections: HTTPConnections
    private let limiter: WidthLimiter

    /// How much a writer asks of its node.
    public struct Settings: Sendable {
        /// How many requests may be under way at the same time, at least 1.
        public var width = 256
        /// How long one try may take. It is then given up and, time permitting, repeated.
        public var tryTimeout = Duration.seconds(10)
        /// How long the rest of an answer may take once its status is known.
        package var bodyTimeout = Duration.seconds(2)
        /// Certificates, PEM, that are trusted in place of those of the system.
        package var trustRoots: [UInt8]?
        /// Random numbers in 0..<1, which shorten the pauses between tries.
        package var jitter: @Sendable () -> Double = { .random(in: 0..<1) }

        public init() {}
    }

    fileprivate init(
        token: BearerToken?,
        settings: Settings,
        clock: ErasedClock,
        endpoint: HTTPEndpoint,
        connections: HTTPConnections
    ) {
        self.endpoint = endpoint
        self.token = token
        self.settings = settings
        self.clock = clock
        self.connections = connections
        self.limiter = WidthLimiter(width: connections.pace.width)
    }

    /// How many requests are under way, and how many wait for their turn.
    package var load: (running: Int, waiting: Int) { self.limiter.load }

    public func prepare(forRecords count: Int) async {
        self.connections.prepare(for: min(count, self.settings.width))
    }

    public func publish(
        _ value: TXTValue,
        at name: OwnerName,
        ttl: UInt32,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let request: RecordRequest
        do throws(NetworkFailure) {
            request = try .publish(value, at: name, ttl: ttl, endpoint: self.endpoint)
        } catch {
            return .refused(error)
        }
        return try await self.perform(request, deadline: deadline)
    }

    public func delete(
        _ value: TXTValue?,
        at name: OwnerName,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        let request: RecordRequest
        do throws(NetworkFailure) {
            request = try .delete(value, at: name, endpoint: self.endpoint)
        } catch {
            return .refused(error)
        }
        return try await self.perform(request, deadline: deadline)
    }

    /// Tries until the node has decided, the deadline has come, or its coming before the next try is certain.
    private func perform(
        _ request: RecordRequest,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> WriteResult {
        var backoff = RetryBackoff()
        var last: NetworkFailure?
        while true {
            // One that comes late may have been lost on the way; the second try waits.
            let patience = last == nil ? self.connections.pace.patience : nil
            let limit = patience.map { min($0 + ConnectionPace.longestDelay, self.settings.tryTimeout) }
            switch try await self.attempt(request, limit: limit ?? self.settings.tryTimeout, deadline: deadline) {
            case nil:
                return .unavailable(last ?? self.noAnswer)
            case .done(let result):
                return result
            case .failed(let failure):
                guard let delay = backoff.delay(after: failure, jitter: self.settings.jitter()) else {
                    return .unavailable(failure)
                }
                let next = self.clock.now.advanced(by: delay)
                guard next < deadline else { return .unavailable(failure) }
                do { try await self.clock.sleep(until: next) } catch { throw CancellationError() }
                last = failure
            }
        }
    }

    /// One request, from waiting for its turn to its answer.
    ///
    /// - Returns: `nil` if the deadline came first.
    private func attempt(
        _ request: RecordRequest,
        limit: Duration,
        deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> HTTPVerdict? {
        guard !Task.isCancelled else { throw CancellationError() }
        guard self.clock.now < deadline else { return nil }
        defer { self.limiter.width = self.connections.pace.width }
        do {
            if self.limiter.tryEnter() {
                defer { self.limiter.leave() }
                return try await self.exchange(request, limit: limit, deadline: deadline)
            }
            return try await withDeadline(deadline, on: self.clock) {
                try await self.limiter.withPermit {
                    try await self.exchange(request, limit: limit, deadline: deadline)
                }
            }
        } catch is DeadlineExceeded {
            return nil
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            return HTTPVerdict(error, node: self.endpoint.authority)
        }
    }

    /// - Throws: ``DeadlineExceeded`` if the deadline comes first, `CancellationError`, and ``HTTPConnectionError``.
    private func exchange(
        _ request: RecordRequest,
        limit: Duration,
        deadline: ErasedClock.Instant
    ) async throws -> HTTPVerdict {
        let end = self.clock.now.advanced(by: limit)
        do {
            var reply = try await withDeadline(min(end, deadline), on: self.clock) {
                try await self.connections.perform(self.head(of: request), body: request.body)
            }
            if reply.answer.status >= 300, let body = reply.body { reply.answer.readError(from: Array(buffer: body)) }
            return reply.answer.verdict(on: request.method)
        } catch is DeadlineExceeded where end < deadline {
            return .failed(self.noAnswer)
        }
    }

    private func head(of request: RecordRequest) -> HTTPRequestHead {
        var head = self.endpoint.requestHead(HTTPMethod(rawValue: request.method.rawValue), request.target)
        if let token = self.token { head.headers.add(name: "Authorization", value: "Bearer \(token.text)") }
        if !request.body.isEmpty {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: "\(request.body.count)")
        }
        return head
    }

    private var noAnswer: NetworkFailure {
        NetworkFailure(.timeout, "no answer from \(self.endpoint.authority) in time")
    }
}

/// Lends a writer for the node at `endpoint` to `body`, and closes its connections afterwards.
///
/// The `token` is what the node gave to those who may publish, `nil` for an open node. Deadlines and the pauses between
/// tries go by `clock`.
///
/// - Throws: ``NetworkFailure`` with the code `insecureCredential` if there is a token and `endpoint` is neither encrypted
///   nor on this machine, before anything is sent or looked up; what `body` throws.
public func withHTTPRecordWriter<Value>(
    to endpoint: HTTPEndpoint,
    token: BearerToken?,
    clock: ErasedClock = .continuous,
    settings: HTTPRecordWriter.Settings = .init(),
    _ body: (HTTPRecordWriter) async throws -> Value
) async throws -> Value {
    try endpoint.checkCanCarry(token)
    let connections = HTTPConnections(
        to: endpoint,
        pace: ConnectionPace(full: settings.width),
        clock: clock,
        bodyTimeout: settings.bodyTimeout,
        trustRoots: settings.trustRoots
    )
    let writer = HTTPRecordWriter(
        token: token,
        settings: settings,
        clock: clock,
        endpoint: endpoint,
        connections: connections
    )
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(writer)) } catch { outcome = .failure(error) }
    await connections.close()
    return try outcome.get()
}
