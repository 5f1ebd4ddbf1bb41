import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("A writer to all nodes of a cluster")
struct FanoutWriterTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let nodes: [ScriptedWriter.Behaviour]
        let result: String
        let milliseconds: Int
        let acknowledged: [Int]
        var testDescription: String { self.name }
    }

    static let publishes = [
        Row(
            name: "all",
            nodes: [.accepts(after: 10), .accepts(after: 20), .accepts(after: 30)],
            result: "accepted",
            milliseconds: 20,
            acknowledged: [0, 1]
        ),
        Row(
            name: "one silent",
            nodes: [.silence, .accepts(after: 20), .accepts(after: 30)],
            result: "accepted",
            milliseconds: 30,
            acknowledged: [1, 2]
        ),
        Row(
            name: "two silent",
            nodes: [.silence, .accepts(), .silence],
            result: "unavailable timeout",
            milliseconds: 5000,
            acknowledged: [1]
        ),
        Row(
            name: "two refuse",
            nodes: [.refuses(after: 10), .accepts(after: 40), .refuses(after: 30)],
            result: "refused unauthorized",
            milliseconds: 30,
            acknowledged: []
        ),
        Row(
            name: "one refuses, one fails",
            nodes: [.refuses(after: 10), .fails(after: 30), .silence],
            result: "unavailable unauthorized",
            milliseconds: 30,
            acknowledged: []
        ),
        Row(
            name: "half of four",
            nodes: [.accepts(), .fails(), .accepts(), .silence],
            result: "accepted",
            milliseconds: 20,
            acknowledged: [0, 2]
        ),
        Row(
            name: "one ends by itself",
            nodes: [.cancels, .accepts(), .fails(after: 30)],
            result: "unavailable closed",
            milliseconds: 30,
            acknowledged: [1]
        ),
        Row(name: "single", nodes: [.accepts()], result: "accepted", milliseconds: 20, acknowledged: [0]),
    ]

    @Test("A publish is decided at the quorum, or once there can't be one", arguments: Self.publishes)
    func publish(row: Row) async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: row.nodes, clock: clock)
            try await cluster.write { writer in
                let receipt = try await clock.timed { try await cluster.publish("a", with: writer) }
                #expect(receipt.value.result.summary == row.result)
                #expect(receipt.milliseconds == row.milliseconds)
                #expect(receipt.value.acknowledged == row.acknowledged.map { NodeID("node-\($0)") })
                #expect(receipt.value.quorum == (row.nodes.count + 1) / 2)
            }
        }
    }

    @Test("Writes that are later than the quorum go on, until they are done or their deadline comes")
    func lateWrites() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .accepts(), .accepts(after: 400), .silence], clock: clock)
            try await cluster.write { writer in
                _ = try await cluster.publish("a", with: writer)
                #expect(writer.writeCount == 1)
                try await clock.sleep(until: ErasedClock.at(401))
                #expect(cluster.writers[2].ended.count == 1)
                try await clock.sleep(until: ErasedClock.at(5001))
                #expect(writer.writeCount == 0)
                #expect(cluster.writers[3].underWayCount == 0)
                #expect(await writer.snapshot().map(\.health.consecutiveFailures) == [0, 0, 0, 1])
            }
        }
    }

    @Test("Closing gives late writes a time to end, and cancels the others")
    func closing() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .accepts(after: 400), .silence, .accepts()], clock: clock)
            let writer = try await withFanoutWriter(of: cluster.nodes, clock: clock, now: { Operator.now }) { writer in
                _ = try await cluster.publish("a", with: writer)
                return writer
            }
            #expect(clock.now == ErasedClock.at(520))
            #expect(cluster.writers.map(\.ended.count) == [1, 1, 0, 1])
            #expect(cluster.writers.map(\.underWayCount) == [0, 0, 0, 0])
            let after = try await cluster.publish("b", with: writer)
            #expect(after.result.summary == "unavailable closed")
            #expect(after.acknowledged.isEmpty)
        }
    }

    @Test("Closing doesn't wait where nothing is under way")
    func closingAtRest() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts()], clock: clock)
            try await withFanoutWriter(of: cluster.nodes, clock: clock, now: { Operator.now }) { writer in
                _ = try await cluster.publish("a", with: writer)
            }
            #expect(clock.now == ErasedClock.at(20))
        }
    }

    @Test("Closing gives a node that is known to answer more time than one that never did")
    func closingWithSlowNode() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .accepts(), .accepts(after: 100), .silence], clock: clock)
            try await withFanoutWriter(of: cluster.nodes, clock: clock, now: { Operator.now }) { writer in
                _ = try await cluster.publish("a", with: writer)
                try await clock.sleep(until: ErasedClock.at(200))
                cluster.writers[2].behave(.accepts(after: 1500))
                _ = try await cluster.publish("b", with: writer)
            }
            #expect(clock.now == ErasedClock.at(220 + 2000))
            #expect(cluster.writers.map(\.ended.count) == [2, 2, 2, 0])
        }
    }

    @Test("Cancelled, a writer ends at once, without a time for late writes")
    func cancelledClosing() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .silence], clock: clock)
            let ending = Task {
                try await withFanoutWriter(of: cluster.nodes, clock: clock, now: { Operator.now }) { writer in
                    _ = try await cluster.publish("a", with: writer)
                    try await clock.sleep(until: ErasedClock.at(10_000))
                }
            }
            try await clock.sleep(until: ErasedClock.at(100))
            ending.cancel()
            await #expect(throws: CancellationError.self) { try await ending.value }
            #expect(clock.now == ErasedClock.at(100))
            #expect(cluster.writers.map(\.underWayCount) == [0, 0])
        }
    }

    @Test("A cancelled write leaves nothing behind", arguments: [0, 10, 20, 30])
    func cancellation(after milliseconds: Int) async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .silence, .silence], clock: clock)
            try await cluster.write { writer in
                await withTaskGroup { group in
                    group.addTask {
                        _ = await #expect(throws: CancellationError.self) {
                            try await cluster.publish("a", with: writer)
                        }
                    }
                    group.addTask {
                        if milliseconds > 0 { try? await clock.sleep(until: ErasedClock.at(milliseconds)) }
                    }
                    _ = await group.next()
                    group.cancelAll()
                }
                try await clock.sleep(until: clock.now.advanced(by: .milliseconds(1)))
                #expect(writer.writeCount == 0)
                #expect(cluster.writers.map(\.underWayCount) == [0, 0, 0])
                #expect(await writer.snapshot().map(\.health.consecutiveFailures) == [0, 0, 0])
            }
        }
    }

    @Test("New nodes get the next write; a write under way keeps the nodes that it began with")
    func install() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .fails(), .accepts(after: 400)], clock: clock)
            let other = try Cluster(writers: [.accepts(), .accepts(), .accepts()], offset: 2, clock: clock)
            try await cluster.write { writer in
                try await withThrowingTaskGroup(of: WriteReceipt.self) { group in
                    group.addTask { try await cluster.publish("a", with: writer) }
                    try await clock.sleep(until: ErasedClock.at(100))
                    try cluster.nodes.install(other.nodes.current)
                    let next = try await cluster.publish("b", with: writer)
                    #expect(next.entries.map(\.node) == [2, 3, 4].map { NodeID("node-\($0)") })
                    let old = try await group.next()
                    #expect(old?.acknowledged == [0, 2].map { NodeID("node-\($0)") })
                }
                #expect(cluster.writers.map(\.began.count) == [1, 1, 1])
                #expect(other.writers.map(\.began.count) == [1, 1, 1])
                let health = await writer.snapshot().map(\.health)
                #expect(health.map(\.consecutiveFailures) == [0, 0, 0])
                #expect(health.map { $0.lastSuccess == nil } == [false, false, false])
            }
        }
    }

    @Test("Once the manifest has expired nothing is written, until a newer one is installed")
    func expiry() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(readers: [.records("a")], writers: [.accepts()], clock: clock)
            let wall = Shared(Operator.now)
            try cluster.nodes.install(cluster.nodes.current, expires: Operator.now)
            let writer = FanoutWriter(nodes: cluster.nodes, clock: clock, now: { wall.value })
            try await cluster.write(with: writer) { writer in
                #expect(try await cluster.publish("a", with: writer).result == .accepted)
                wall.change { $0 = $0.adding(7) }
                for receipt in [
                    try await cluster.publish("b", with: writer), try await cluster.delete("a", with: writer),
                ] {
                    #expect(receipt.result.summary == "unavailable manifestExpired")
                    #expect(receipt.acknowledged.isEmpty && receipt.entries.map(\.node) == [NodeID("node-0")])
                    guard case .unavailable(let failure) = receipt.result else { continue }
                    #expect(failure.message.hasPrefix("the cluster's manifest expired 7 seconds ago"))
                }
                #expect(cluster.writers[0].began.count == 1)
                try await cluster.read { reader in
                    let read = try await cluster.poll(reader)
                    #expect(read.texts == ["a"])
                }
                try cluster.nodes.install(cluster.nodes.current, expires: wall.value.adding(60))
                #expect(try await cluster.publish("b", with: writer).result == .accepted)
            }
        }
    }

    @Test("A set without nodes, or with two of one name, is refused and changes nothing")
    func refusedNodes() async throws {
        let clock = ErasedClock.continuous
        let cluster = try Cluster(writers: [.accepts()], clock: clock)
        #expect(throws: NetworkFailure.self) { try ClusterNodes([]) }
        let twice = cluster.nodes.current + cluster.nodes.current
        #expect(throws: NetworkFailure.self) { try cluster.nodes.install(twice) }
        #expect(cluster.nodes.current.count == 1)
    }
}
