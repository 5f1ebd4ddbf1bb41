import DMPTesting
import DNSWire
import Testing

@Suite("UPDATE messages")
struct DNSUpdateTests {
    @Test("Every kind of prerequisite and change is read and written as dnspython does")
    func everyKind() throws {
        let bytes = try UpdateVectors.load().everyKind.bytes
        let update = try DNSUpdate(DNSMessage(decoding: bytes[...]))
        func name(_ label: String) throws -> DNSName { try DNSName("\(label).mesh.test") }
        let abc = RecordData.txt(TXTData("abc".utf8))
        #expect(try update.zone == DNSName("mesh.test"))
        #expect(update.zoneClass == .in)
        #expect(
            try update.prerequisites == [
                .nameInUse(name("a")), .setExists(name("a"), .txt), .setHolds(name("a"), abc),
                .nameNotInUse(name("b")), .setAbsent(name("b"), .txt),
            ]
        )
        let two = try #require(TXTData(strings: [Array("x".utf8), Array("y".utf8)]))
        #expect(
            try update.changes == [
                .add(name("c"), timeToLive: 300, .txt(two)), .deleteName(name("d")), .deleteSet(name("e"), .txt),
                .deleteValue(name("f"), abc), .deleteSet(name("g"), .txt),
                .add(name("g"), timeToLive: 60, .txt(TXTData("v".utf8))),
            ]
        )
        #expect(update.message(id: 0x1234).encode() == bytes)
        #expect(try update.prerequisites.map(\.name) == ["a", "a", "a", "b", "b"].map(name))
        #expect(try update.changes.map(\.name) == ["c", "d", "e", "f", "g", "g"].map(name))
    }

    @Test("What is no update of one zone is refused by name")
    func zones() throws {
        let good = try UpdateVectors.update().message(id: 1)
        func error(_ change: (inout DNSMessage) -> Void) -> DNSUpdateError? {
            var message = good
            change(&message)
            do throws(DNSUpdateError) { _ = try DNSUpdate(message) } catch { return error }
            return nil
        }
        #expect(error { _ in } == nil)
        #expect(error { $0.opcode = .query } == .notAnUpdate)
        #expect(error { $0.isResponse = true } == .notAnUpdate)
        #expect(error { $0.questions = [] } == .zoneCount(0))
        #expect(error { $0.questions += $0.questions } == .zoneCount(2))
        #expect(error { $0.questions[0].type = .txt } == .zoneType(.txt))
        #expect(error { $0.questions[0].questionClass = .any } == .zoneClass(.any))
        #expect(error { $0.questions[0].questionClass = .none } == .zoneClass(.none))
    }

    @Test("A record that means nothing is refused with its place and fault")
    func faults() throws {
        let name = try DNSName("a.mesh.test")
        let text = RecordData.txt(TXTData("x".utf8))
        let noText = RecordData.txt(try #require(TXTData(strings: [])))
        func record(_ recordClass: RRClass, _ timeToLive: UInt32, _ data: RecordData) -> DNSRecord {
            DNSRecord(name: name, recordClass: recordClass, timeToLive: timeToLive, data: data)
        }
        let both: [(DNSRecord, DNSUpdateError.Fault)] = [
            (record(.ch, 0, text), .recordClass(.ch)), (record(.any, 1, noText), .timeToLive(1)),
            (record(.none, 1, text), .timeToLive(1)), (record(.any, 0, text), .unexpectedData),
            (record(.in, 0, noText), .missingData), (record(.in, 0, .unknown(.any, [1])), .type(.any)),
            (record(.any, 0, .unknown(.axfr, [])), .type(.axfr)), (record(.in, 0, .unknown(.tsig, [1])), .type(.tsig)),
            (record(.any, 0, .unknown(RRType(rawValue: 0), [])), .type(RRType(rawValue: 0))),
        ]
        for (record, fault) in both {
            var message = try UpdateVectors.update().message(id: 1)
            message.authorities.append(record)
            #expect(throws: DNSUpdateError.change(at: 1, fault)) { try DNSUpdate(message) }
            message = try UpdateVectors.update().message(id: 1)
            message.answers = [record]
            #expect(throws: DNSUpdateError.prerequisite(at: 0, fault)) { try DNSUpdate(message) }
        }
        for (bad, fault) in [(record(.none, 0, noText), DNSUpdateError.Fault.missingData)] {
            var message = try UpdateVectors.update().message(id: 1)
            message.authorities = [bad]
            #expect(throws: DNSUpdateError.change(at: 0, fault)) { try DNSUpdate(message) }
        }
        var message = try UpdateVectors.update().message(id: 1)
        message.answers = [record(.in, 1, text)]
        #expect(throws: DNSUpdateError.prerequisite(at: 0, .timeToLive(1))) { try DNSUpdate(message) }
    }

    @Test("Errors read as sentences")
    func descriptions() {
        let errors: [DNSUpdateError] = [
            .notAnUpdate, .zoneCount(2), .zoneType(.txt), .zoneClass(.any), .prerequisite(at: 3, .unexpectedData),
            .change(at: 0, .type(.axfr)), .change(at: 1, .recordClass(.ch)), .change(at: 1, .timeToLive(7)),
            .change(at: 1, .missingData),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect("\(errors[5])" == "change 0: the type AXFR")
    }

    @Test("A damaged update is refused or is written as it was read", arguments: 0..<10 as Range<UInt64>)
    func mutation(offset: UInt64) throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        let sample = try UpdateVectors.load().everyKind.bytes
        for _ in 0..<300 {
            let bytes = sample.mutated(using: &random)
            guard let message = try? DNSMessage(decoding: bytes[...]), let update = try? DNSUpdate(message) else {
                continue
            }
            let written = update.message(id: message.id)
            #expect(written.questions == message.questions && written.answers == message.answers, "seed \(seed)")
            #expect(written.authorities == message.authorities, "seed \(seed)")
        }
    }
}
