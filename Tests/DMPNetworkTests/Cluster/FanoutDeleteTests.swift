import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("Deletes at all nodes of a cluster")
struct FanoutDeleteTests {
    @Test("A delete is done when every node has answered; the rest is tried again until it is")
    func deletes() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .accepts(), .fails()], clock: clock)
            try await cluster.write { writer in
                let first = try await cluster.delete("a", with: writer)
                #expect(first.result.summary == "unavailable unreachable")
                #expect(first.acknowledged == [NodeID("node-0"), NodeID("node-1")])
                #expect(writer.pendingDeleteCount == 1)
                // Again 1 s, 2 s and 4 s after each failure.
                try await clock.sleep(until: ErasedClock.at(20 + 1000 + 20 + 1))
                #expect(cluster.writers[2].began.count == 2)
                cluster.writers[2].behave(.accepts())
                try await clock.sleep(until: ErasedClock.at(20 + 1000 + 20 + 2000 + 20 + 1))
                #expect(cluster.writers[2].ended == [.delete(TXTValue("a"))])
                #expect(writer.pendingDeleteCount == 0)
                #expect(cluster.writers.map(\.began.count) == [1, 1, 3])
                let second = try await clock.timed { try await cluster.delete("b", with: writer) }
                #expect(second.value.result == .accepted)
                #expect(second.milliseconds == 20)
            }
        }
    }

    @Test("A delete waits two seconds for a healthy node, half as long as the others took for one that isn't")
    func deleteWithSilentNode() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(after: 50), .accepts(after: 50), .accepts()], clock: clock)
            try await cluster.write { writer in
                _ = try await cluster.publish("a", with: writer)
                try await clock.sleep(until: ErasedClock.at(100))
                cluster.writers[2].behave(.silence)
                let healthy = try await clock.timed { try await cluster.delete("a", with: writer) }
                #expect(healthy.value.result.summary == "unavailable timeout")
                #expect(healthy.value.entries[2].outcome == .underWay)
                #expect(healthy.milliseconds == 2000)
                #expect(writer.pendingDeleteCount == 0)
                let suspect = try await clock.timed { try await cluster.delete("b", with: writer) }
                #expect(suspect.value.acknowledged == [NodeID("node-0"), NodeID("node-1")])
                #expect(suspect.milliseconds == 75)
                cluster.writers[2].behave(.accepts())
                try await clock.sleep(until: ErasedClock.at(100 + 5000 + 2100 + 1000))
                #expect(writer.pendingDeleteCount == 0)
                let deletes = ["a", "b"].map { ScriptedWriter.Operation.delete(TXTValue($0)) }
                #expect(cluster.writers[2].ended.suffix(2) == deletes[...])
            }
        }
    }

    @Test("The first delete of a writer takes no more than half longer with a black hole")
    func firstDelete() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(after: 50), .silence, .accepts(after: 50)], clock: clock)
            try await cluster.write { writer in
                let receipt = try await clock.timed { try await cluster.delete("a", with: writer) }
                #expect(receipt.value.result.summary == "unavailable timeout")
                #expect(receipt.milliseconds == 75)
                #expect(await writer.snapshot()[1].health.standing == .suspect)
                try await clock.sleep(until: ErasedClock.at(5001))
                #expect(writer.pendingDeleteCount == 1)
            }
        }
    }

    @Test("A refused delete is final")
    func refusedDelete() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .refuses()], clock: clock)
            try await cluster.write { writer in
                let receipt = try await cluster.delete("a", with: writer)
                #expect(receipt.result.summary == "refused unauthorized")
                #expect(writer.pendingDeleteCount == 0)
            }
        }
    }

    @Test("Publishing a value again ends the tries to delete it; the delete of a whole name is never repeated")
    func deleteThenPublish() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .fails()], clock: clock)
            try await cluster.write { writer in
                _ = try await cluster.delete("a", with: writer)
                #expect(writer.pendingDeleteCount == 1)
                _ = try await cluster.publish("a", with: writer)
                #expect(writer.pendingDeleteCount == 0)
                _ = try await cluster.delete(nil, with: writer)
                #expect(writer.pendingDeleteCount == 0)
                try await clock.sleep(until: ErasedClock.at(10_000))
                #expect(cluster.writers[1].began.count == 3)
            }
        }
    }

    @Test("A delete doesn't overtake a publish of the same value that is late at a node")
    func order() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .accepts(after: 400)], clock: clock)
            try await cluster.write { writer in
                _ = try await cluster.publish("a", with: writer)
                cluster.writers[1].behave(.accepts())
                _ = try await cluster.publish("b", with: writer)
                try await clock.sleep(until: ErasedClock.at(50))
                let delete = try await clock.timed { try await cluster.delete("a", with: writer) }
                #expect(delete.value.result == .accepted)
                #expect(clock.now == ErasedClock.at(420))
                let (a, b) = (TXTValue("a"), TXTValue("b"))
                #expect(cluster.writers[1].ended == [.publish(b), .publish(a), .delete(a)])
            }
        }
    }

    @Test("A delete that waits is not tried while the manifest is expired, and done with the next one")
    func expiredRetry() async throws {
        try await VirtualTime.run { clock in
            let cluster = try Cluster(writers: [.accepts(), .fails()], clock: clock)
            let wall = Shared(Operator.now)
            try cluster.nodes.install(cluster.nodes.current, expires: Operator.now)
            let writer = FanoutWriter(nodes: cluster.nodes, clock: clock, now: { wall.value })
            try await cluster.write(with: writer) { writer in
                _ = try await cluster.delete("a", with: writer)
                wall.change { $0 = $0.adding(1) }
                cluster.writers[1].behave(.accepts())
                try await clock.sleep(until: ErasedClock.at(10_000))
                #expect(writer.pendingDeleteCount == 1)
                #expect(cluster.writers[1].began.count == 1)
                try cluster.nodes.install(cluster.nodes.current, expires: wall.value)
                try await clock.sleep(until: ErasedClock.at(30_000))
                #expect(writer.pendingDeleteCount == 0)
                #expect(cluster.writers[1].ended == [.delete(TXTValue("a"))])
            }
        }
    }
}
