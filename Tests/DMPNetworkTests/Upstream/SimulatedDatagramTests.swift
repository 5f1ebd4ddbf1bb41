import DMPTesting
import DNSTransport
import DNSWire
import Testing

@Suite("A DNS client on a simulated path")
struct SimulatedDatagramTests {
    private static let upstream = UpstreamAddress(host: .v4(.loopback), port: 53)

    /// The only right answer to a query: the name that was asked about, in lower case.
    private static func value(of name: DNSName) -> [UInt8] { Array(name.lowercased().description.utf8) }

    private static let server: @Sendable ([UInt8]) -> [UInt8] = { bytes in
        guard let query = try? DNSMessage(decoding: bytes[...]), let name = query.questions.first?.name else {
            return []
        }
        return query.answered(texts: [Self.value(of: name)])
    }

    /// Lends a client whose datagrams go over a simulated path.
    private static func run<Value: Sendable>(
        seed: UInt64 = 1,
        rate: Int = 0,
        configure: @escaping @Sendable (inout DNSClientConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (DNSClient, SimulatedDatagrams, ErasedClock) async throws -> Value
    ) async throws -> Value {
        let upstream = try #require(Self.upstream)
        return try await VirtualTime.run { clock in
            let path = SimulatedDatagrams(seed: seed, clock: clock, rate: rate, server: Self.server)
            var configuration = DNSClientConfiguration()
            configure(&configuration)
            let client = DNSClient(upstream, configuration: configuration, clock: clock, network: path)
            let value = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await client.run() }
                group.addTask { await path.run() }
                defer { group.cancelAll() }
                return try await body(client, path, clock)
            }
            #expect(path.openSockets == 0 && client.load.sockets == 0, "seed \(seed)")
            return value
        }
    }

    private enum Outcome: Equatable {
        case right
        case wrong
        case failed(DNSTransportError.Code)
        case cancelled
    }

    private static func ask(
        _ label: String,
        _ client: DNSClient,
        deadline: ErasedClock.Instant
    ) async throws -> Outcome {
        let name = try DNSName("\(label).example")
        do {
            let message = try await client.query(name, type: .txt, deadline: deadline)
            guard case .txt(let data)? = message.answers.first?.data, message.answers.count == 1 else { return .wrong }
            return data.joined == Self.value(of: name) ? .right : .wrong
        } catch let error as DNSTransportError {
            return .failed(error.code)
        } catch is CancellationError {
            return .cancelled
        }
    }

    @Test("Every query gets its own answer or a reason in time, and nothing is left over", arguments: 0..<10)
    func schedules(part: UInt64) async throws {
        var counts: [DatagramFault: Int] = [:]
        for seed in part * 30..<(part + 1) * 30 {
            let rate = [5, 20, 60, 110][Int(seed % 4)]
            let (struck, outcomes) = try await Self.run(seed: seed, rate: rate) { client, path, clock in
                let outcomes = try await Self.askAll(seed, client, clock)
                #expect(client.load.queries == 0, "seed \(seed)")
                return (path.counts, outcomes)
            }
            #expect(!outcomes.contains(.wrong), "seed \(seed)")
            if struck[.unreachable] == nil, struck[.closed] == nil {
                let others = outcomes.filter { ![.right, .cancelled, .failed(.timeout)].contains($0) }
                #expect(others.isEmpty, "seed \(seed)")
            }
            counts.merge(struck, uniquingKeysWith: +)
        }
        for fault in DatagramFault.allCases { #expect(counts[fault, default: 0] > 0, "\(fault)") }
    }

    /// Some queries at about the same time, a few of which are cancelled.
    private static func askAll(_ seed: UInt64, _ client: DNSClient, _ clock: ErasedClock) async throws -> [Outcome] {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...60, using: &random)
        let plans = (0..<count).map { _ in
            (
                start: Duration.milliseconds(Int.random(in: 0...4_000, using: &random)),
                patience: Duration.milliseconds(Int.random(in: 500...20_000, using: &random)),
                cancelled: Int.random(in: 0..<8, using: &random) == 0
            )
        }
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            for (index, plan) in plans.enumerated() {
                group.addTask {
                    try await clock.sleep(until: clock.now.advanced(by: plan.start))
                    let deadline = clock.now.advanced(by: plan.patience)
                    let outcome = try await withThrowingTaskGroup(of: Outcome?.self) { query in
                        query.addTask { try await Self.ask("q\(index)", client, deadline: deadline) }
                        query.addTask {
                            try await clock.sleep(until: clock.now.advanced(by: plan.patience / 3))
                            return nil
                        }
                        defer { query.cancelAll() }
                        var first = try await query.next() ?? nil
                        if first == nil {
                            if plan.cancelled { query.cancelAll() }
                            first = try await query.next() ?? nil
                        }
                        return first ?? .cancelled
                    }
                    #expect(clock.now <= deadline, "seed \(seed)")
                    return outcome
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("Without faults each query is sent once, all at the same time as far as the window goes")
    func quiet() async throws {
        let (outcomes, sent) = try await Self.run { client, path, clock in
            let deadline = clock.now.advanced(by: .seconds(5))
            let outcomes = try await Self.askMany(300, client, deadline: deadline)
            return (outcomes, path.sent)
        }
        #expect(outcomes.allSatisfy { $0 == .right } && outcomes.count == 300)
        #expect(sent.count == 300)
        #expect(sent.filter { $0 == sent.first }.count == DNSClientConfiguration().queriesInFlight)
    }

    private static func askMany(
        _ count: Int,
        _ client: DNSClient,
        deadline: ErasedClock.Instant
    ) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for index in 0..<count { group.addTask { try await Self.ask("q\(index)", client, deadline: deadline) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("A silent host is asked again after 0.4 seconds, with growing pauses, six times at most")
    func silent() async throws {
        let (outcome, pauses, end) = try await Self.run { client, path, clock in
            path.silence(true)
            let start = clock.now
            let deadline = start.advanced(by: .seconds(60))
            let outcome = try await Self.ask("silent", client, deadline: deadline)
            let pauses = zip(path.sent, path.sent.dropFirst()).map { $0.duration(to: $1) }
            return (outcome, pauses, start.duration(to: clock.now))
        }
        #expect(outcome == .failed(.timeout))
        #expect(pauses.count == 5 && pauses.first == .milliseconds(400))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(end == .seconds(60))
    }

    @Test("After a silence the window is small, and grows to its full size with the answers")
    func window() async throws {
        let burst = try await Self.run { client, path, clock in
            path.silence(true)
            _ = try await Self.askMany(256, client, deadline: clock.now.advanced(by: .seconds(3)))
            path.silence(false)
            let before = path.sent.count
            _ = try await Self.askMany(256, client, deadline: clock.now.advanced(by: .seconds(30)))
            let first = path.sent.dropFirst(before).first
            let narrow = path.sent.dropFirst(before).filter { $0 == first }.count
            let later = path.sent.count
            let outcomes = try await Self.askMany(256, client, deadline: clock.now.advanced(by: .seconds(30)))
            #expect(outcomes.allSatisfy { $0 == .right })
            let wide = path.sent.dropFirst(later).filter { $0 == path.sent[later] }.count
            return (narrow, wide)
        }
        #expect(burst.0 < 256 && burst.0 >= 16)
        #expect(burst.1 == 256)
    }
}
