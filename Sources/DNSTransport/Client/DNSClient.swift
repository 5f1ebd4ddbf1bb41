package import DNSWire
import NIOCore
import NIOPosix
import Synchronization

/// Asks one DNS server, over UDP and where needed over TCP.
///
/// An answer is taken only if it comes from the server's address to the port that asked, with the id and the question
/// that were sent, in the same upper and lower case letters. Anything else is ignored.
///
/// ``run()`` has to go on as long as queries are made; ``withDNSClient(_:configuration:clock:_:)`` sees to it.
package final class DNSClient: Sendable {
    package let upstream: UpstreamAddress
    /// What deadlines are instants of.
    package let clock: ErasedClock

    package let configuration: DNSClientConfiguration
    private let deadlines: DeadlineLoop
    private let datagrams: DatagramExchanges
    private let streams: StreamExchanges
    private let traits = Mutex(UpstreamTraits())
    private let lastNumber = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - upstream: The server.
    ///   - configuration: How to ask.
    ///   - clock: What queries, resends and idle connections are timed with.
    ///   - network: What opens UDP sockets; `nil` for the system.
    package init(
        _ upstream: UpstreamAddress,
        configuration: DNSClientConfiguration = DNSClientConfiguration(),
        clock: ErasedClock = .continuous,
        network: (any DatagramNetwork)? = nil
    ) {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.upstream = upstream
        self.clock = clock
        self.configuration = configuration
        self.deadlines = DeadlineLoop(clock: clock)
        self.datagrams = DatagramExchanges(
            upstream: upstream,
            configuration: configuration,
            network: network ?? SystemDatagrams(eventLoop: eventLoop),
            clock: clock,
            deadlines: self.deadlines
        )
        self.streams = StreamExchanges(
            upstream: upstream,
            configuration: configuration,
            eventLoop: eventLoop,
            clock: clock,
            deadlines: self.deadlines
        )
    }

    /// How many queries wait for an answer, and how many sockets are open or being opened.
    package var load: (queries: Int, sockets: Int) {
        let (datagrams, streams) = (self.datagrams.load, self.streams.load)
        return (datagrams.queries + streams.queries, datagrams.sockets + streams.sockets)
    }

    /// Sends queries again and ends those that are late, until it is cancelled. Then ends all queries and closes the
    /// sockets.
    ///
    /// To be called once.
    package func run() async {
        await self.deadlines.run { now in
            [self.datagrams.fire(at: now), self.streams.fire(at: now)].compactMap(\.self).min()
        }
        await self.datagrams.close()
        await self.streams.close()
    }

    /// Says that answers may come which fit no datagram: opens a TCP connection, so that it is there when they do.
    ///
    /// Does nothing if one is open, or if the last one that was opened so was not used.
    package func prepareForLargeAnswers() {
        self.streams.prepare()
    }

    /// Asks for a record set of class IN.
    ///
    /// - Parameters:
    ///   - name: The owner of the records.
    ///   - type: Their type.
    ///   - deadline: When to give up, resends and TCP included.
    /// - Returns: The answer with any response code. It is whole: TC is not set.
    /// - Throws: ``DNSTransportError``; `CancellationError` as soon as the task is cancelled.
    package func query(
        _ name: DNSName,
        type: RRType,
        deadline: ErasedClock.Instant
    ) async throws -> DNSMessage {
        let question = DNSQuestion(name: name, type: type)
        var random = SystemRandomNumberGenerator()
        var plan = QueryPlan(
            question: question,
            traits: self.traits.withLock(\.self),
            payloadSize: self.configuration.payloadSize,
            dnssecOK: self.configuration.dnssecOK
        )
        while true {
            let answer = try await self.exchange(
                plan.message(using: &random),
                questionEnd: plan.questionEnd,
                transport: plan.transport,
                deadline: deadline
            )
            let verdict = self.traits.withLock { traits in
                plan.judge(answer.bytes, spelling: answer.spelling, traits: &traits)
            }
            switch verdict {
            case .done(let message): return message
            case .again: continue
            case .failed(let error): throw error
            }
        }
    }

    func exchange(
        _ message: [UInt8],
        questionEnd: Int,
        transport: QueryPlan.Transport,
        deadline: ErasedClock.Instant
    ) async throws -> MatchedAnswer {
        let number = self.lastNumber.add(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { completion in
                let query = OutgoingQuery(
                    number: number,
                    bytes: message,
                    questionEnd: questionEnd,
                    deadline: deadline,
                    completion: completion
                )
                switch transport {
                case .udp: self.datagrams.start(query)
                case .tcp: self.streams.start(query)
                }
            }
        } onCancel: {
            switch transport {
            case .udp: self.datagrams.cancel(number)
            case .tcp: self.streams.cancel(number)
            }
        }
    }
}

/// Lends a client to `body`, and stops it after.
///
/// - Parameters:
///   - upstream: The server to ask.
///   - configuration: How to ask.
///   - clock: What deadlines are instants of.
///   - body: What asks.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
package func withDNSClient<Value>(
    _ upstream: UpstreamAddress,
    configuration: DNSClientConfiguration = DNSClientConfiguration(),
    clock: ErasedClock = .continuous,
    _ body: (DNSClient) async throws -> Value
) async throws -> Value {
    let client = DNSClient(upstream, configuration: configuration, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}
