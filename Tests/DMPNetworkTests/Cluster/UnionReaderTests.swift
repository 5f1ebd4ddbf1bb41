import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("A reader of all nodes of a cluster")
struct UnionReaderTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let nodes: [ScriptedReader.Behaviour]
        let values: [String]?
        /// What the first query takes, and one after all nodes have answered or failed.
        let first: Int
        let later: Int
        var testDescription: String { self.name }
    }

    /// Provisional reads of a name with a deadline of 3 s; `nil` values: nobody knows.
    static let rows = [
        Row(
            name: "all agree",
            nodes: [.records("a"), .records("a"), .records("a")],
            values: ["a"],
            first: 20,
            later: 20
        ),
        Row(
            name: "each has its own",
            nodes: [.records("c", after: 30), .records("b", "c"), .records("a")],
            values: ["c", "b", "a"],
            first: 30,
            later: 30
        ),
        Row(
            name: "black hole",
            nodes: [.records("a", after: 50), .silence, .absent(after: 50)],
            values: ["a"],
            first: 75,
            later: 50
        ),
        Row(
            name: "gives up in time",
            nodes: [.records("a", after: 50), .timeout, .absent(after: 50)],
            values: ["a"],
            first: 75,
            later: 50
        ),
        Row(
            name: "garbage",
            nodes: [.failure(.malformedAnswer), .records("a"), .absent()],
            values: ["a"],
            first: 20,
            later: 20
        ),
        Row(
            name: "lying not found",
            nodes: [.absent(), .records("a"), .absent()],
            values: ["a"],
            first: 20,
            later: 20
        ),
        Row(name: "all empty", nodes: [.absent(), .absent(), .absent()], values: [], first: 20, later: 20),
        Row(
            name: "one answers late",
            nodes: [.absent(), .absent(), .absent(after: 400)],
            values: [],
            first: 30,
            later: 400
        ),
        Row(
            name: "one is healthy",
            nodes: [.failure(.refused), .absent(after: 50), .silence],
            values: [],
            first: 1000,
            later: 50
        ),
        Row(
            name: "the nearest one lies",
            nodes: [.absent(after: 1), .records("a", after: 60), .absent(after: 70)],
            values: ["a"],
            first: 70,
            later: 70
        ),
        Row(
            name: "two of five are black holes",
            nodes: [.silence, .records("a", after: 10), .silence, .absent(after: 40), .records("b", after: 50)],
            values: ["a", "b"],
            first: 75,
            later: 50
        ),
        Row(name: "none answers", nodes: [.silence, .silence, .silence], values: nil, first: 3000, later: 3000),
        Row(name: "all fail", nodes: [.failure(.refused), .failure(.refused)], values: nil, first: 20, later: 20),
        Row(name: "one ends by itself", nodes: [.cancels, .records("a")], values: ["a"], first: 20, later: 20),
    ]

    @Test("Polls wait for the nodes that are worth it", arguments: Self.rows)
    func poll(row: Row) async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: row.nodes, clock: clock)
            try await cluster.read { reader in
                let first = try await clock.timed { try await cluster.poll(reader) }
                #expect(first.value.texts == row.values)
                #expect(first.milliseconds == row.first)
                try await clock.sleep(until: ErasedClock.at(10_000))
                #expect(reader.queryCount == 0)
                #expect(cluster.readers.allSatisfy { $0.underWayCount == 0 })
                let later = try await clock.timed { try await cluster.poll(reader) }
                #expect(later.value.texts == row.values)
                #expect(later.milliseconds == row.later)
                #expect(cluster.readers.allSatisfy { $0.askedCount == 2 })
            }
        }
    }

    @Test("A message read by a reader that knows nothing yet takes 175 ms with a black hole, and 150 ms without")
    func firstMessage() async throws {
        let good = ScriptedReader.Behaviour.records("a", after: 50)
        for (third, expected) in [(good, 150), (.silence, 175)] {
            try await VirtualTime.run { clock in
                let cluster = try Cluster(readers: [good, third, good], clock: clock)
                try await cluster.read { reader in
                    let message = try await clock.timed {
                        for width in [10, 30] {
                            _ = try await Array(0..<width).concurrentMap(width: width) { _ in
                                try await cluster.poll(reader)
                            }
                        }
                        _ = try await cluster.decide(reader)
                    }
                    #expect(message.milliseconds == expected)
                }
            }
        }
    }

    @Test("Where an absence decides something, a node that may have the record is given more time")
    func decisive() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: [.absent(), .absent(), .records("a", after: 400)], clock: clock)
            try await cluster.read { reader in
                let answer = try await clock.timed { try await cluster.decide(reader) }
                #expect(answer.value.texts == ["a"])
                #expect(answer.milliseconds == 400)
                #expect(cluster.readers[0].needs == [.decisive])
            }
        }
    }

    @Test("A node that was too late is waited for again once it has answered")
    func lateNode() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: [.absent(), .absent(), .records("a", after: 400)], clock: clock)
            try await cluster.read { reader in
                #expect(try await cluster.poll(reader).texts == [])
                #expect(await reader.snapshot()[2].health.standing == .suspect)
                #expect(try await cluster.poll(reader).texts == [])
                try await clock.sleep(until: ErasedClock.at(1000))
                #expect(await reader.snapshot()[2].health.standing == .healthy)
                #expect(try await cluster.poll(reader).texts == ["a"])
            }
        }
    }

    @Test("A node can't fill the union, nor take the room of the others")
    func caps() async throws {
        let junk = (0..<5).map { node in (0..<1000).map { TXTValue("junk-\(node)-\($0)") } }
        try await VirtualTime.run { clock in
            let behaviours = junk.map { ScriptedReader.Behaviour.answer(.records($0), after: .milliseconds(1)) }
            let cluster = try Cluster(readers: behaviours + [.records("a", after: 1)], clock: clock)
            try await cluster.read { reader in
                guard case .records(let values) = try await cluster.poll(reader) else {
                    Issue.record("no values")
                    return
                }
                #expect(values.count == 256)
                #expect(values.last == TXTValue("a"))
                #expect(values.prefix(51) == junk[0].prefix(51))
            }
        }
    }

    @Test("A cancelled read leaves no question, and counts for nobody", arguments: [0, 10, 20, 30])
    func cancellation(after milliseconds: Int) async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: [.absent(), .silence, .silence], clock: clock)
            try await cluster.read { reader in
                await withTaskGroup { group in
                    group.addTask {
                        _ = await #expect(throws: CancellationError.self) { try await cluster.decide(reader) }
                    }
                    group.addTask {
                        if milliseconds > 0 { try? await clock.sleep(until: ErasedClock.at(milliseconds)) }
                    }
                    _ = await group.next()
                    group.cancelAll()
                }
                try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
                #expect(reader.queryCount == 0)
                #expect(cluster.readers.map(\.underWayCount) == [0, 0, 0])
                #expect(await reader.snapshot().map(\.health.consecutiveFailures) == [0, 0, 0])
            }
        }
    }

    @Test("A node keeps its health over a change of nodes if its address stays")
    func install() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: [.failure(.refused), .failure(.refused), .absent()], clock: clock)
            try await cluster.read { reader in
                _ = try await cluster.poll(reader)
                let old = cluster.nodes.current
                let moved = ClusterNode(id: old[1].id, endpoint: "192.0.2.77:53", reader: old[1].reader, writer: nil)
                try cluster.nodes.install([old[0], moved])
                #expect(await reader.snapshot().map(\.health.consecutiveFailures) == [1, 0])
                _ = try await cluster.poll(reader)
                #expect(await reader.snapshot().map(\.health.consecutiveFailures) == [2, 1])
                #expect(cluster.readers[2].askedCount == 1)
            }
        }
    }
}

extension Cluster {
    func read(_ body: (UnionReader) async throws -> Void) async throws {
        let reader = UnionReader(nodes: self.nodes, clock: self.clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reader.run() }
            defer { group.cancelAll() }
            try await body(reader)
        }
    }

    func poll(_ reader: UnionReader) async throws -> ReadResult {
        let deadline = self.clock.now.advanced(by: .seconds(3))
        return try await reader.read(OwnerName("a.example"), absence: .provisional, deadline: deadline)
    }

    func decide(_ reader: UnionReader) async throws -> ReadResult {
        let deadline = self.clock.now.advanced(by: .seconds(3))
        return try await reader.read(OwnerName("a.example"), deadline: deadline)
    }
}

extension ReadResult {
    /// The values as text, none for an absence, `nil` if nobody knows.
    var texts: [String]? {
        switch self {
        case .records(let values): values.map(\.text)
        case .absent: []
        case .unavailable: nil
        }
    }
}
