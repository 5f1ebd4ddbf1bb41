import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("Deletes that are tried again")
struct PendingDeletesTests {
    private func key(_ value: String, node: String = "a") throws -> PendingDeletes.Key {
        PendingDeletes.Key(
            node: NodeID(node),
            endpoint: "192.0.2.1",
            name: try OwnerName("a.example"),
            value: TXTValue(value)
        )
    }

    @Test("The wait doubles up to a minute, and ends after an hour")
    func waits() throws {
        var pending = PendingDeletes()
        pending.add(try self.key("v"), at: ErasedClock.at(0))
        pending.add(try self.key("v"), at: ErasedClock.at(500))  // is there already
        var waits: [Int] = []
        var now = ErasedClock.at(0)
        while let due = pending.nextDue {
            #expect(pending.takeDue(at: now).isEmpty)
            let items = pending.takeDue(at: due)
            #expect(items.count == 1)
            waits.append(Int(now.duration(to: due) / .seconds(1)))
            now = due
            for item in items { pending.ended(item, isDone: false, at: now) }
        }
        #expect(waits.prefix(8) == [1, 2, 4, 8, 16, 32, 60, 60])
        #expect(waits.reduce(0, +) < 3600 && waits.reduce(0, +) > 3500)
        #expect(pending.count == 0)
    }

    @Test("What is done, or published again while it is tried, doesn't come back")
    func ends() throws {
        var pending = PendingDeletes()
        for value in ["a", "b", "c"] { pending.add(try self.key(value), at: ErasedClock.at(0)) }
        let items = pending.takeDue(at: ErasedClock.at(1000))
        #expect(items.count == 3 && pending.count == 3)
        pending.forget(TXTValue("b"), at: try OwnerName("a.example"))
        for item in items {
            #expect(pending.isWanted(item) == (item.key.value != TXTValue("b")))
            pending.ended(item, isDone: item.key.value == TXTValue("a"), at: ErasedClock.at(1000))
        }
        #expect(pending.takeDue(at: ErasedClock.at(10_000)).map(\.key.value) == [TXTValue("c")])
    }

    @Test("They have a bound")
    func bound() throws {
        var pending = PendingDeletes()
        for number in 0..<PendingDeletes.limit {
            #expect(pending.add(try self.key("\(number)"), at: ErasedClock.at(0)))
        }
        #expect(!pending.add(try self.key("more"), at: ErasedClock.at(0)))
        #expect(pending.count == PendingDeletes.limit)
    }
}

@Suite("The health of nodes")
struct NodeHealthTests {
    @Test("The last outcome decides, by the time when it was observed")
    func standing() {
        let failure = NetworkFailure(.timeout, "late")
        var health = NodeHealth()
        #expect(health.standing == .unknown)
        health.overran(at: ErasedClock.at(10))
        #expect(health.standing == .suspect && health.consecutiveFailures == 0)
        health.succeeded(at: ErasedClock.at(20), after: .milliseconds(8))
        #expect(health.standing == .healthy && health.roundTrip == .milliseconds(8))
        health.failed(at: ErasedClock.at(30), with: failure)
        #expect(health.standing == .suspect && health.lastError == failure)
        health.succeeded(at: ErasedClock.at(25), after: .milliseconds(16))  // told late
        #expect(health.standing == .suspect && health.consecutiveFailures == 1)
        #expect(health.roundTrip == .milliseconds(9))
        health.succeeded(at: ErasedClock.at(40), after: .milliseconds(9))
        #expect(health.standing == .healthy && health.lastError == nil && health.consecutiveFailures == 0)
    }
}
