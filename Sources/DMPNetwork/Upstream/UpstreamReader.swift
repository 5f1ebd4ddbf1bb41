public import DMPProtocol
public import DNSTransport
private import DNSWire

/// Reads records from one DNS server: a recursive one, or a node itself.
///
/// Transport, repetition and the deadline of each query are the client's; this type bounds how many are under way and
/// says what an answer means. A server that can't answer is unavailable, never "absent".
///
/// Source: protocol documents, "The network layer", sections 2.4 and 3.
public final class UpstreamReader: RecordReader {
    private let client: DNSClient
    private let limiter: WidthLimiter

    /// - Parameters:
    ///   - client: Asks the server. Its ``DNSClient/run()`` goes on as long as records are read.
    ///   - width: How many queries may be under way at the same time, at least 1.
    package init(_ client: DNSClient, width: Int = 16) {
        self.client = client
        self.limiter = WidthLimiter(width: width)
    }

    /// The server that is asked.
    public var upstream: UpstreamAddress { self.client.upstream }

    public func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard !Task.isCancelled else { throw CancellationError() }
        guard self.client.clock.now < deadline else { return .unavailable(self.noAnswer) }
        let (client, limiter) = (self.client, self.limiter)
        do {
            return try await withDeadline(deadline, on: client.clock) {
                let question = try DNSName(name.text)
                let answer = try await limiter.withPermit {
                    try await client.query(question, type: .txt, deadline: deadline)
                }
                return ReadResult(answer, about: question, from: "\(client.upstream)")
            }
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            return .unavailable(self.failure(error))
        }
    }

    private var noAnswer: NetworkFailure {
        NetworkFailure(.timeout, "no answer from \(self.upstream) in time")
    }

    private func failure(_ error: any Error) -> NetworkFailure {
        guard let error = error as? DNSTransportError else { return self.noAnswer }
        return NetworkFailure(error, from: self.upstream)
    }
}

extension NetworkFailure {
    /// Why there was no answer from `upstream`.
    package init(_ error: DNSTransportError, from upstream: UpstreamAddress) {
        let code: Code =
            switch error.code {
            case .timeout: .timeout
            case .refused, .unreachable, .bindFailed: .unreachable
            case .connectionLost: .connectionLost
            case .malformedAnswer: .malformedAnswer
            case .overloaded: .overloaded
            case .closed: .closed
            }
        self.init(code, "\(upstream): \(error.message.displayable(limit: 200))")
    }
}

/// Lends a reader of the DNS server at `upstream` to `body`, and closes its sockets afterwards.
///
/// At most `width` queries are under way at the same time. Deadlines go by `clock`.
///
/// - Throws: What `body` throws.
public func withUpstreamReader<Value>(
    _ upstream: UpstreamAddress,
    clock: ErasedClock = .continuous,
    width: Int = 16,
    _ body: (UpstreamReader) async throws -> Value
) async throws -> Value {
    try await withDNSClient(upstream, clock: clock) { client in
        try await body(UpstreamReader(client, width: width))
    }
}
