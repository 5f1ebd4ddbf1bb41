public import DMPProtocol
public import DNSTransport
private import DNSWire

/// Reads records from one DNS server: a recursive one, or a node itself.
///
/// Transport, repetition and the deadline of each query are the client's; this type bounds how many are under way and
/// says what an answer means. A server that can't answer is unavailable, never "absent".
///
/// Where DNSSEC is required, so is one whose answer, values or "absent", doesn't say that it was validated (AD). That is
/// the word of the server, and of anyone on the path to it.
///
/// Source: protocol documents, "The network layer", sections 2.4, 2.6 and 3.
public final class UpstreamReader: RecordReader {
    private let client: DNSClient
    private let limiter: WidthLimiter

    /// - Parameters:
    ///   - client: Asks the server. Its ``DNSClient/run()`` goes on as long as records are read. If it asks for DNSSEC,
    ///     answers have to be validated.
    ///   - width: How many queries may be under way at the same time, at least 1.
    package init(_ client: DNSClient, width: Int = 256) {
        self.client = client
        self.limiter = WidthLimiter(width: width)
    }

    /// The server that is asked.
    public var upstream: UpstreamAddress { self.client.upstream }

    public func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        guard !Task.isCancelled else { throw CancellationError() }
        guard self.client.clock.now < deadline else { return .unavailable(self.noAnswer) }
        do {
            if self.limiter.tryEnter() {
                // The client keeps the deadline by itself.
                defer { self.limiter.leave() }
                return try await self.ask(name, deadline: deadline)
            }
            return try await withDeadline(deadline, on: self.client.clock) {
                try await self.limiter.withPermit { try await self.ask(name, deadline: deadline) }
            }
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            return .unavailable(self.failure(error))
        }
    }

    private func ask(_ name: OwnerName, deadline: ErasedClock.Instant) async throws -> ReadResult {
        let question = try DNSName(name.text)
        let answer = try await self.client.query(question, type: .txt, deadline: deadline)
        let result = ReadResult(answer, about: question, from: "\(self.client.upstream)")
        guard self.client.configuration.dnssecOK, !answer.isAuthenticData, result.isAnswer else { return result }
        return .unavailable(NetworkFailure(insecureAnswerOf: self.client.upstream))
    }

    public func prepareForLargeAnswers(at name: OwnerName) async {
        self.client.prepareForLargeAnswers()
    }

    private var noAnswer: NetworkFailure {
        NetworkFailure(.timeout, "no answer from \(self.upstream) in time")
    }

    private func failure(_ error: any Error) -> NetworkFailure {
        guard let error = error as? DNSTransportError else { return self.noAnswer }
        return NetworkFailure(error, from: self.upstream)
    }
}

extension ReadResult {
    /// Whether it says something about the name.
    fileprivate var isAnswer: Bool { if case .unavailable = self { false } else { true } }
}

extension NetworkFailure {
    fileprivate init(insecureAnswerOf upstream: UpstreamAddress) {
        self.init(
            .insecureAnswer,
            "\(upstream) answered without DNSSEC validation (no AD flag); use a resolver that validates and a signed "
                + "zone, or set dnssec_required to false"
        )
    }

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
        let message = error.message.displayable(limit: 200)
        self.init(code, message.contains("\(upstream)") ? message : "\(upstream): \(message)")
    }
}

/// Lends a reader of the DNS server at `upstream` to `body`, and closes its sockets afterwards.
///
/// At most `width` queries are under way at the same time. Deadlines go by `clock`. With `dnssecRequired`, answers that the
/// server hasn't validated are ``NetworkFailure/Code/insecureAnswer``; a node, which has authority and never validates, is
/// asked without.
///
/// - Throws: What `body` throws.
public func withUpstreamReader<Value>(
    _ upstream: UpstreamAddress,
    dnssecRequired: Bool = false,
    clock: ErasedClock = .continuous,
    width: Int = 256,
    _ body: (UpstreamReader) async throws -> Value
) async throws -> Value {
    var configuration = DNSClientConfiguration()
    configuration.dnssecOK = dnssecRequired
    return try await withDNSClient(upstream, configuration: configuration, clock: clock) { client in
        try await body(UpstreamReader(client, width: width))
    }
}
