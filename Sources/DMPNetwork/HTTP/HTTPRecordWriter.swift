private import AsyncHTTPClient
public import DMPProtocol
public import DNSTransport
private import NIOCore
private import NIOHTTP1
private import Synchronization

/// Publishes records through the HTTP API of one node.
///
/// Connections are kept and used again; at most `width` requests are under way. A failure that may pass (429, 5xx, a lost
/// connection) is tried again with growing pauses until the deadline: publishing twice does no harm. Redirects are not
/// followed. Each result carries its own failure; the writer keeps no state of the last one.
///
/// Source: protocol documents, "The network layer", section 10.
public final class HTTPRecordWriter: RecordWriter {
    public let endpoint: HTTPEndpoint
    private let token: BearerToken?
    private let settings: Settings
    private let clock: ErasedClock
    private let client: HTTPClient
    private let limiter: WidthLimiter
    private let pace: Mutex<ConnectionPace>

    /// How much a writer asks of its node.
    public struct Settings: Sendable {
        /// How many requests may be under way at the same time, at least 1.
        public var width = 128
        /// How long one try may take. It is then given up and, time permitting, repeated.
        public var tryTimeout = Duration.seconds(10)
        /// Random numbers in 0..<1, which shorten the pauses between tries.
        package var jitter: @Sendable () -> Double = { .random(in: 0..<1) }

        public init() {}
    }

    /// The most bytes of an answer that are read.
    static let answerByteLimit = 65_536
    /// How long the rest of an answer may take once its status is known.
    static let bodyTimeout = Duration.seconds(2)

    fileprivate init(
        endpoint: HTTPEndpoint,
        token: BearerToken?,
        settings: Settings,
        clock: ErasedClock,
        client: HTTPClient
    ) {
        self.endpoint = endpoint
        self.token = token
        self.settings = settings
        self.clock = clock
        self.client = client
        let pace = ConnectionPace(full: settings.width)
        self.limiter = WidthLimiter(width: pace.width)
        self.pace = Mutex(pace)
    }

    /// How many requests are under way, and how many wait for their turn.
    package var load: (running: Int, waiting: Int) { self.limiter.load }

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
            let patience = last == nil ? self.pace.withLock(\.patience) : nil
            let limit = min(patience ?? self.settings.tryTimeout, self.settings.tryTimeout)
            switch try await self.attempt(request, limit: limit, deadline: deadline) {
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
        do {
            return try await withDeadline(deadline, on: self.clock) {
                try await self.limiter.withPermit { try await self.exchange(request, limit: limit) }
            }
        } catch is DeadlineExceeded {
            return nil
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            self.adjustWidth { $0.lost() }
            return HTTPVerdict(error, node: self.endpoint.authority)
        }
    }

    /// Waits until the node may be asked for one more connection.
    private func keepPace() async throws {
        let (now, running) = (self.clock.now, self.limiter.load.running)
        let start = self.pace.withLock { $0.begin(at: now, running: running) }
        if start > now { try await self.clock.sleep(until: start) }
    }

    private func exchange(_ request: RecordRequest, limit: Duration) async throws -> HTTPVerdict {
        try await self.keepPace()
        let start = self.clock.now
        let response: HTTPClientResponse
        do {
            response = try await withDeadline(start.advanced(by: limit), on: self.clock) {
                try await self.client.execute(self.clientRequest(request), deadline: .distantFuture)
            }
        } catch is DeadlineExceeded {
            return .failed(self.noAnswer)
        }
        let latency = start.duration(to: self.clock.now)
        var answer = HTTPAnswer(
            status: Int(response.status.code),
            version: response.version,
            headers: response.headers
        )
        let body = try await self.body(of: response)
        if let body { answer.readError(from: body) }
        let keepsConnection = body != nil && answer.keepsConnection
        self.adjustWidth { $0.answered(keepsConnection: keepsConnection, after: latency) }
        return answer.verdict(on: request.method)
    }

    /// Reads the rest of an answer, so that its connection can be used again.
    ///
    /// - Returns: `nil` if it is too long, too slow or cut off. The status says what became of the request all the same.
    private func body(of response: HTTPClientResponse) async throws(CancellationError) -> [UInt8]? {
        do {
            return try await withDeadline(self.clock.now.advanced(by: Self.bodyTimeout), on: self.clock) {
                Array(buffer: try await response.body.collect(upTo: Self.answerByteLimit))
            }
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            return nil
        }
    }

    private func adjustWidth(_ note: (inout ConnectionPace) -> Void) {
        self.limiter.width = self.pace.withLock { pace in
            note(&pace)
            return pace.width
        }
    }

    private func clientRequest(_ request: RecordRequest) -> HTTPClientRequest {
        var clientRequest = HTTPClientRequest(url: request.url)
        clientRequest.method = HTTPMethod(rawValue: request.method.rawValue)
        if !request.body.isEmpty {
            clientRequest.headers.add(name: "Content-Type", value: "application/json")
            clientRequest.body = .bytes(request.body)
        }
        if let token = self.token {
            clientRequest.headers.add(name: "Authorization", value: "Bearer \(token.text)")
        }
        return clientRequest
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
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, settings.width)
    configuration.connectionPool.retryConnectionEstablishment = false  // `RetryBackoff` decides about that
    return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
        try await body(
            HTTPRecordWriter(endpoint: endpoint, token: token, settings: settings, clock: clock, client: client)
        )
    }
}
