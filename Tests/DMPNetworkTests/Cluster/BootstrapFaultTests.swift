import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("Bootstrap discovery where something is wrong")
struct BootstrapFaultTests {
    @Test("A cluster that hangs costs its share of the time; the others are tried by their priority")
    func hangingEntry() async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            let result = try await clock.timed { try await world.discover(within: .milliseconds(9020)) }
            let findings = try result.value.get()
            #expect(findings.cluster?.entry.clusterDomain.text == "c.test")
            // The record, a third of what is left, then two answers.
            #expect(result.milliseconds == 20 + 3000 + 20 + 20)
            #expect(
                world.reader.asked == ["_dmp.users.test", "cluster.a.test", "cluster.b.test", "cluster.c.test"]
            )
            #expect(
                findings.refusals.map(\.failure) == [
                    .noManifest(.unreachable(NetworkFailure(.timeout, "no answer"))), .noManifest(.otherSigner),
                ]
            )
            #expect(findings.refusals.map(\.entry.clusterDomain.text) == ["a.test", "b.test"])
        }
    }

    @Test("All clusters that hang take the given time together, and no more")
    func allHang() async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            for name in ["cluster.b.test", "cluster.c.test"] { try world.reader.script(.timeout, at: name) }
            let result = try await clock.timed { try await world.discover(within: .milliseconds(9020)) }
            #expect(result.milliseconds == 9020)
            #expect(try result.value.get().cluster == nil)
            #expect(try result.value.get().refusals.count == 3)
        }
    }

    @Test("Without an answer about the domain the reason is that")
    func hangingRecord() async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            try world.reader.script(.timeout, at: "_dmp.users.test")
            guard case .failure(.unreachable(let failure)) = try await world.discover(within: .seconds(9)) else {
                Issue.record("something was found")
                return
            }
            #expect(failure.code == .timeout && clock.now == ErasedClock.at(9000))
        }
    }

    @Test("Entries of one priority are tried in the order of the record")
    func equalPriorities() async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            let entries = try [(10, "z.test"), (10, "m.test"), (5, "q.test"), (10, "a.test")].map {
                try world.entry(UInt16($0), $1, world.alice)
            }
            try world.publish(world.signer.bootstrap(3, entries: entries), at: "_dmp.users.test")
            _ = try await world.discover(within: .seconds(9))
            let tried = world.reader.asked.dropFirst().map { $0.dropFirst("cluster.".count) }
            #expect(tried == ["q.test", "z.test", "m.test", "a.test"])
        }
    }

    @Test("The highest sequence counts that the pinned signer has signed for this domain and that hasn't expired")
    func highestSequence() async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            let good = try [world.entry(1, "c.test", world.alice)]
            let bad = try [world.entry(1, "a.test", world.alice)]
            try world.publish(
                world.signer.bootstrap(4, entries: good),
                world.signer.bootstrap(3, entries: bad),
                world.bob.bootstrap(99, entries: bad),
                world.signer.bootstrap(98, domain: "other.test", entries: bad),
                world.signer.bootstrap(97, lifetime: 0, entries: bad),
                TXTValue("v=dmp1;t=bootstrap;AAAA"),
                at: "_dmp.users.test"
            )
            let findings = try await world.discover(within: .seconds(9)).get()
            #expect(findings.record.body.sequence == 4)
            #expect(findings.cluster?.entry.clusterDomain.text == "c.test")
        }
    }

    enum Refused: CaseIterable {
        case otherDomain, expired, otherSigner, malformed, absent
    }

    @Test("A record of the domain that can't be trusted is refused with its reason", arguments: Refused.allCases)
    func refusedRecord(_ refused: Refused) async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            let entries = try [world.entry(1, "c.test", world.alice)]
            let expected: PinnedRecordRefusal
            switch refused {
            case .otherDomain:
                let value = try world.signer.bootstrap(9, domain: "other.test", entries: entries)
                try world.publish(value, at: "_dmp.users.test")
                expected = .otherName
            case .expired:
                try world.publish(world.signer.bootstrap(9, lifetime: 0, entries: entries), at: "_dmp.users.test")
                expected = .expired
            case .otherSigner:
                try world.publish(world.alice.bootstrap(9, entries: entries), at: "_dmp.users.test")
                expected = .otherSigner
            case .malformed:
                try world.publish(TXTValue("v=dmp1;t=bootstrap;?"), at: "_dmp.users.test")
                expected = .malformed(.base64)
            case .absent:
                try world.publish(TXTValue("v=spf1"), at: "_dmp.users.test")
                expected = .absent
            }
            guard case .failure(let refusal) = try await world.discover(within: .seconds(9)) else {
                Issue.record("the record was taken")
                return
            }
            #expect(refusal == expected)
            #expect(world.reader.asked == ["_dmp.users.test"])
        }
    }

    enum SecondHop: CaseIterable {
        case signedByDomain, otherName, expired, unusable, unreachable
    }

    @Test("A cluster needs its own operator's signature, for its own name", arguments: SecondHop.allCases)
    func secondHop(_ fault: SecondHop) async throws {
        try await VirtualTime.run { clock in
            let world = try DiscoveryWorld(clock: clock)
            let entries = try [world.entry(1, "x.test", world.alice), world.entry(2, "c.test", world.alice)]
            try world.publish(world.signer.bootstrap(9, entries: entries), at: "_dmp.users.test")
            let expected: RefreshFailure
            switch fault {
            case .signedByDomain:
                try world.publish(world.signer.manifest(1, name: "x.test"), at: "cluster.x.test")
                expected = .noManifest(.otherSigner)
            case .otherName:
                try world.publish(world.alice.manifest(1, name: "c.test"), at: "cluster.x.test")
                expected = .noManifest(.otherName)
            case .expired:
                try world.publish(world.alice.manifest(1, name: "x.test", lifetime: 0), at: "cluster.x.test")
                expected = .noManifest(.expired)
            case .unusable:
                try world.publish(world.alice.manifest(1, name: "x.test", endpoint: "x"), at: "cluster.x.test")
                expected = .unusableNode(NodeID("n1"), NetworkFailure(.invalidConfiguration, "no writer"))
            case .unreachable:
                try world.reader.script(.failure(.serverFailure), at: "cluster.x.test")
                expected = .noManifest(.unreachable(NetworkFailure(.serverFailure, "scripted")))
            }
            let findings = try await world.discover(within: .seconds(9)).get()
            #expect(findings.refusals.map(\.failure) == [expected])
            #expect(findings.cluster?.entry.clusterDomain.text == "c.test")
        }
    }
}
