import DMPProtocol
import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("Updates of a node's zone")
struct UpdateTests {
    @Test("A signed update adds, renews, replaces and deletes")
    func changes() async throws {
        try await UpdateFixture.run { node async throws in
            #expect(
                try await node.update([], [.add("one", at: "a"), .add("two", at: "a"), .add("x", at: "b")]) == .noError
            )
            #expect(try await node.values("a") == ["one", "two"])
            #expect(try await node.update([], [.delete("one", at: "a"), .delete("absent", at: "a")]) == .noError)
            #expect(try await node.values("a") == ["two"])
            #expect(try await node.update([], [.deleteAll(at: "a"), .add("three", at: "a")]) == .noError)
            #expect(try await node.values("a") == ["three"])
            #expect(try await node.update([], [.deleteAll(at: "absent"), .add("new", at: "absent")]) == .noError)
            #expect(try await node.update([], [.deleteName(DNSName("b.\(UpdateFixture.zone)"))]) == .noError)
            #expect(try await node.values("b").isEmpty)
            #expect(try await node.update([], []) == .noError)
            #expect(try await node.count() == 2)
        }
    }

    @Test("A long value is kept whole, and deleted however it is cut")
    func longValues() async throws {
        let text = String(repeating: "v", count: 700)
        try await UpdateFixture.run { node async throws in
            #expect(try await node.update([], [.add(text, at: "A")]) == .noError)
            #expect(try await node.values("a") == [text])
            let strings = [Array(text.utf8.prefix(100)), Array(text.utf8.dropFirst(100).prefix(200))]
            let rest = Array(text.utf8.dropFirst(300))
            let cut = try #require(TXTData(strings: strings + [Array(rest.prefix(200)), Array(rest.dropFirst(200))]))
            let name = try DNSName("a.\(UpdateFixture.zone)")
            #expect(try await node.update([], [.deleteValue(name, .txt(cut))]) == .noError)
            #expect(try await node.values("a").isEmpty)
        }
    }

    @Test("All of an update is done or nothing")
    func atomicity() async throws {
        try await UpdateFixture.run { node async throws in
            let name = try DNSName("a.\(UpdateFixture.zone)")
            let outside = try DNSName("a.example.org")
            let text = RecordData.txt(TXTData("x".utf8))
            let faults: [(DNSUpdate.Change, DNSResponseCode)] = [
                (.add(outside, timeToLive: 60, text), .notInZone),
                (.deleteName(outside), .notInZone),
                (.add(name, timeToLive: 60, .a(.loopback)), .refused),
                (.add(name, timeToLive: 86_401, text), .refused),
                (.add(name, timeToLive: 60, .txt(TXTData([0xff, 0xfe]))), .formatError),
                (.deleteValue(name, .txt(TXTData([0xff, 0xfe]))), .formatError),
                (.add(name, timeToLive: 60, .txt(TXTData("a\"b".utf8))), .refused),
                (.add(name, timeToLive: 60, .txt(TXTData("a\nb".utf8))), .refused),
                (.add(name, timeToLive: 60, .txt(TXTData([UInt8](repeating: 97, count: 2_049)))), .refused),
                (.add(try DNSName("a_b.\(UpdateFixture.zone)"), timeToLive: 60, text), .refused),
                (.add(try DNSName("a\\.b.\(UpdateFixture.zone)"), timeToLive: 60, text), .refused),
            ]
            for (fault, code) in faults {
                #expect(try await node.update([], [.add("good", at: "b"), fault]) == code, "\(fault)")
                #expect(try await node.count() == 0, "\(fault)")
            }
        }
    }

    @Test("Lifetimes are as asked, 60 s for none")
    func lifetimes() async throws {
        try await UpdateFixture.run { node async throws in
            for (label, ttl) in [("a", 0), ("b", 86_400), ("c", UInt32.max)] as [(String, UInt32)] {
                #expect(try await node.update([], [.add("x", at: label, ttl: ttl)]) == .noError)
            }
            node.time.advance(by: 59)
            #expect(try await node.count() == 3)
            node.time.advance(by: 1)
            #expect(try await node.count() == 1)
        }
    }

    @Test("The limits hold for what is there after the update")
    func limits() async throws {
        var limits = RecordLimits()
        limits.valuesPerName = 3
        limits.setWireBytes = 400
        try await UpdateFixture.run(limits: limits) { node async throws in
            #expect(try await node.update([], ["1", "2", "3"].map { try .add($0, at: "a") }) == .noError)
            #expect(try await node.update([], [.add("4", at: "a"), .add("x", at: "b")]) == .refused)
            #expect(try await node.count() == 3)
            #expect(try await node.update([], [.add("2", at: "a")]) == .noError)
            #expect(try await node.update([], [.deleteAll(at: "a"), .add("4", at: "a")]) == .noError)
            #expect(
                try await node.update([], [.add("5", at: "a"), .add("6", at: "a"), .delete("4", at: "a")]) == .noError
            )
            #expect(try await node.values("a") == ["5", "6"])
            let long = String(repeating: "v", count: 380)
            #expect(try await node.update([], [.add(long, at: "a")]) == .refused)
            #expect(try await node.update([], [.add(long, at: "c")]) == .noError)
        }
    }

    @Test("Prerequisites decide, and are answered with their own codes")
    func prerequisites() async throws {
        try await UpdateFixture.run { node async throws in
            try await node.update([], [.add("one", at: "a"), .add("two", at: "a")])
            let (there, absent) = (try DNSName("A.\(UpdateFixture.zone)"), try DNSName("b.\(UpdateFixture.zone)"))
            let apex = try DNSName(UpdateFixture.zone)
            func txt(_ text: String) -> RecordData { .txt(TXTData(Array(text.utf8))) }
            let cases: [([DNSUpdate.Prerequisite], DNSResponseCode)] = [
                ([.nameInUse(there), .nameInUse(apex), .setExists(there, .txt), .setExists(apex, .soa)], .noError),
                ([.nameNotInUse(absent), .setAbsent(absent, .txt), .setAbsent(there, .a)], .noError),
                ([.setHolds(there, txt("two")), .setHolds(there, txt("one"))], .noError),
                ([.nameInUse(absent)], .noSuchName), ([.nameNotInUse(there)], .nameExists),
                ([.nameNotInUse(apex)], .nameExists), ([.setExists(absent, .txt)], .noSuchSet),
                ([.setExists(there, .a)], .noSuchSet), ([.setAbsent(there, .txt)], .setExists),
                ([.setAbsent(apex, .soa)], .setExists), ([.setHolds(there, txt("one"))], .noSuchSet),
                ([.setHolds(there, txt("one")), .setHolds(there, txt("three"))], .noSuchSet),
                ([.setHolds(there, .a(.loopback))], .noSuchSet),
                ([.nameInUse(try DNSName("example.org"))], .notInZone),
            ]
            for (index, (prerequisites, code)) in cases.enumerated() {
                #expect(try await node.update(prerequisites, [.add("x", at: "c\(index)")]) == code, "\(prerequisites)")
                #expect(try await node.values("c\(index)").isEmpty == (code != .noError))
            }
        }
    }

    @Test("A key writes only what it may: adds where it has a pattern, all where it has a suffix")
    func scopes() async throws {
        try await UpdateFixture.run { node async throws in
            try await node.update([], [.add("x", at: "slot-1.mb-0a"), .add("x", at: "bobby"), .add("y", at: "bob")])
            func bob(_ change: DNSUpdate.Change) async throws -> DNSResponseCode {
                try await node.update(by: "bob", [], [change])
            }
            #expect(try await bob(.add("1", at: "bob")) == .noError)
            #expect(try await bob(.add("1", at: "deep.in.BOB")) == .noError)
            #expect(try await bob(.deleteAll(at: "bob")) == .noError)
            #expect(try await bob(.add("1", at: "slot-12.mb-0a")) == .noError)
            #expect(try await bob(.add("1", at: "x.slot-12.mb-0a")) == .noError)
            #expect(try await bob(.delete("1", at: "slot-12.mb-0a")) == .refused)
            #expect(try await bob(.deleteAll(at: "slot-1.mb-0a")) == .refused)
            #expect(try await bob(.deleteName(DNSName("slot-1.mb-0a.\(UpdateFixture.zone)"))) == .refused)
            for label in ["bobby", "mb-0a", "slots-1.mb-0a", "slot-1.x.mb-0a", "c"] {
                #expect(try await bob(.add("1", at: label)) == .refused, "\(label)")
                #expect(try await bob(.deleteAll(at: label)) == .refused, "\(label)")
            }
            #expect(try await node.values("bobby") == ["x"])
        }
    }

    @Test("Only its own zone is updated, in any case of letters")
    func zones() async throws {
        try await UpdateFixture.run { node async throws in
            let change = try DNSUpdate.Change.add("x", at: "a")
            #expect(try await node.update([], [change], zone: "MESH.example.test") == .noError)
            #expect(try await node.update([], [change], zone: "a.mesh.example.test") == .notAuthorized)
            #expect(try await node.update([], [change], zone: "example.org") == .notAuthorized)
        }
    }

    @Test("A copy of an update changes nothing, and gets the same answer")
    func replays() async throws {
        try await UpdateFixture.run { node async throws in
            let key = try UpdateFixture.key("alice")
            func signed(_ change: DNSUpdate.Change, id: UInt16) throws -> [UInt8] {
                let message = DNSUpdate(zone: try DNSName(UpdateFixture.zone), changes: [change]).message(id: id)
                return try #require(key.sign(message.encode(), at: node.time.now.rawValue)).bytes
            }
            let (add, delete) = (try signed(.add("x", at: "a"), id: 1), try signed(.deleteAll(at: "a"), id: 2))
            for (bytes, values) in [
                (add, ["x"]), (delete, []), (add, []), (try signed(.add("x", at: "a"), id: 3), ["x"]), (delete, ["x"]),
            ] {
                let answer = try #require(await node.respond(to: bytes))
                #expect(try DNSMessage(decoding: answer[...]).responseCode == .noError)
                #expect(try await node.values("a") == values)
            }
        }
    }

    @Test("Plain queries may be signed, and are answered with a signature")
    func queries() async throws {
        try await UpdateFixture.run { node async throws in
            try await node.update([], [.add("x", at: "a")])
            let question = DNSQuestion(name: try DNSName("a.\(UpdateFixture.zone)"), type: .txt)
            #expect(try await node.send(DNSMessage(id: 7, asking: question)) == .noError)
            #expect(try await node.send(DNSMessage(id: 7, asking: DNSQuestion(name: .root, type: .txt))) == .refused)
        }
    }

    @Test("Without a signature nothing is updated: REFUSED here, NOTAUTH elsewhere")
    func unsigned() async throws {
        try await UpdateFixture.run { node async throws in
            let change = try DNSUpdate.Change.add("x", at: "a")
            for (zone, code) in [(UpdateFixture.zone, DNSResponseCode.refused), ("example.org", .notAuthorized)] {
                let message = DNSUpdate(zone: try DNSName(zone), changes: [change]).message(id: 1)
                let answer = try #require(await node.respond(to: message.encode()))
                #expect(try DNSMessage(decoding: answer[...]).responseCode == code)
            }
            #expect(try await node.count() == 0)
        }
    }

    @Test("A signature that doesn't hold is answered with NOTAUTH and the reason, and nothing is stored")
    func badSignatures() async throws {
        try await UpdateFixture.run { node async throws in
            let message = DNSUpdate(zone: try DNSName(UpdateFixture.zone), changes: [try .add("x", at: "a")]).message(
                id: 1
            )
            let now = node.time.now.rawValue
            func answer(_ key: TSIGKey, at time: UInt64) async throws -> (DNSResponseCode, TSIGMessage, [UInt8]) {
                let request = try #require(key.sign(message.encode(), at: time))
                let bytes = try #require(await node.respond(to: request.bytes))
                let signed = try #require(try TSIGMessage(bytes[...]))
                return (try DNSMessage(decoding: bytes[...]).responseCode, signed, request.code)
            }
            for (key, error) in [
                (try UpdateFixture.key("alice", secret: 1), TSIGError.badSignature),
                (try UpdateFixture.key("eve"), .badKey),
            ] {
                let (code, signed, _) = try await answer(key, at: now)
                #expect(code == .notAuthorized && signed.data.error == error && signed.data.code.isEmpty)
            }
            for time in [now - 301, now + 301] {
                let key = try UpdateFixture.key("alice")
                let (code, signed, request) = try await answer(key, at: time)
                try signed.verify(with: key, answering: request, now: time)
                #expect(code == .notAuthorized && signed.data.error == .badTime && signed.data.serverTime == now)
                #expect(signed.data.timeSigned == time)
            }
            #expect(try await node.count() == 0)
        }
    }
}
