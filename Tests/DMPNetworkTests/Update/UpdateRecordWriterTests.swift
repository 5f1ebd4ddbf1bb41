import DMPNetwork
import DMPProtocol
import DNSTransport
import DNSWire
import Testing

@Suite("Writing by DNS UPDATE")
struct UpdateRecordWriterTests {
    private static let text = String(repeating: "v", count: 420)

    private static func name(_ label: String = "slot-1.mb-0123456789ab") throws -> OwnerName {
        try OwnerName("\(label).\(UpdateServer.zone)")
    }

    @Test("A record is added in one signed update over UDP, cut into strings of 255 bytes")
    func publish() async throws {
        let server = UpdateServer { _, _ in .signed(.noError) }
        try await server.run { writer, deadline async throws in
            let result = try await writer.publish(TXTValue(Self.text), at: Self.name(), ttl: 300, deadline: deadline)
            #expect(result == .accepted)
        }
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1 && !request.overTCP && request.timeSigned == UpdateServer.now)
        guard case .add(let name, 300, .txt(let data))? = request.update?.changes.first else {
            Issue.record("another change: \(request)")
            return
        }
        #expect(try name == DNSName(Self.name().text))
        #expect(data.strings.map(\.count) == [255, 165])
    }

    @Test("A value is deleted by its strings, a set by its name")
    func deletes() async throws {
        let server = UpdateServer { _, _ in .signed(.noError) }
        try await server.run { writer, deadline async throws in
            for value in [TXTValue(Self.text), nil] {
                #expect(try await writer.delete(value, at: Self.name(), deadline: deadline) == .accepted)
            }
        }
        let name = try DNSName(Self.name().text)
        let changes = server.requests.flatMap { $0.update?.changes ?? [] }
        #expect(changes == [.deleteValue(name, .txt(TXTData(Array(Self.text.utf8)))), .deleteSet(name, .txt)])
    }

    @Test("Above 1,232 bytes an update goes over TCP at once, and after an answer that is cut")
    func transports() async throws {
        let server = UpdateServer { request, _ in request.overTCP ? .signed(.noError) : .cut }
        try await server.run { writer, deadline async throws in
            let long = TXTValue([UInt8](repeating: 97, count: 1_200))
            #expect(try await writer.publish(long, at: Self.name(), ttl: 60, deadline: deadline) == .accepted)
            #expect(server.requests.map(\.overTCP) == [true])
            #expect(try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 60, deadline: deadline) == .accepted)
            #expect(server.requests.map(\.overTCP) == [true, false, true])
        }
    }

    @Test("The records of a message go in as few updates as possible, in their order")
    func batches() async throws {
        let server = UpdateServer { _, _ in .signed(.noError) }
        let records = try (0..<254).map { index in
            RecordPublication(
                TXTValue([UInt8](repeating: 97, count: 241)),
                at: try Self.name("chunk-\(1_000 + index)-0123456789ab"),
                ttl: 300
            )
        }
        try await server.run { writer, deadline async throws in
            #expect(try await writer.publish(records, width: 1, deadline: deadline) == nil)
            #expect(try await writer.publish([], width: 1, deadline: deadline) == nil)
            #expect(writer.fitsOneRequest(Array(records.prefix(15))) && !writer.fitsOneRequest(records))
        }
        let requests = server.requests
        #expect(requests.count == 2 && requests.allSatisfy { $0.overTCP && $0.byteCount <= 65_000 })
        let names = requests.flatMap { ($0.update?.changes ?? []).map(\.name) }
        #expect(try names == records.map { try DNSName($0.name.text) })
    }

    @Test("A refused batch names a record of it, and the reason")
    func refusedBatch() async throws {
        let server = UpdateServer { _, _ in .signed(.refused) }
        try await server.run { writer, deadline async throws in
            let records = try ["a", "b"].map { RecordPublication(TXTValue("x"), at: try Self.name($0), ttl: 1) }
            let stop = try await writer.publish(records, width: 4, deadline: deadline)
            #expect(stop?.record == records[0] && stop?.result.summary == "refused unauthorized")
            let outside = RecordPublication(TXTValue("x"), at: try OwnerName("a.example.org"), ttl: 1)
            let second = try await writer.publish([records[0], outside], width: 4, deadline: deadline)
            #expect(second?.record == outside && second?.result.summary == "refused invalidConfiguration")
            #expect(writer.fitsOneRequest(records) && !writer.fitsOneRequest([records[0], outside]))
        }
        #expect(server.requests.count == 1)
    }

    @Test("A refused value that nodes don't usually take may be too long: their limit is named")
    func refusedLength() async throws {
        let server = UpdateServer { _, _ in .signed(.refused) }
        try await server.run { writer, deadline async throws in
            #expect(writer.valueByteLimit == 63_000)
            for (count, summary) in [(2_048, "refused unauthorized"), (2_049, "refused tooLarge")] {
                let value = TXTValue([UInt8](repeating: 97, count: count))
                let result = try await writer.publish(value, at: Self.name(), ttl: 1, deadline: deadline)
                #expect(result.summary == summary)
                guard count > 2_048, case .refused(let failure) = result else { continue }
                #expect(failure.limit == 2_048 && failure.message.contains("2049") && failure.message.contains("2048"))
            }
        }
    }

    @Test("What a signed answer says counts, by its code")
    func codes() async throws {
        let cases: [(DNSResponseCode, String)] = [
            (.noError, "accepted"), (.refused, "refused unauthorized"), (.notAuthorized, "refused unauthorized"),
            (.notInZone, "refused invalidConfiguration"), (.formatError, "refused unsupportedValue"),
            (.notImplemented, "refused unsupportedValue"), (.nameExists, "unavailable unexpectedAnswer"),
        ]
        let server = UpdateServer { _, index in .signed(cases[index].0) }
        try await server.run { writer, deadline async throws in
            for (code, summary) in cases {
                let result = try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 1, deadline: deadline)
                #expect(result.summary == summary, "\(code)")
            }
        }
    }

    @Test("Without the right signature nothing is a success, and nothing is final")
    func untrusted() async throws {
        let cases: [(UpdateServer.Reply, String)] = [
            (.unsigned(.noError), "unavailable unexpectedAnswer"), (.unsigned(.refused), "unavailable unauthorized"),
            (.unsigned(.notAuthorized), "unavailable unauthorized"),
            (.unsigned(.formatError), "unavailable unauthorized"),
            (.unsigned(.notImplemented), "unavailable unauthorized"),
            (.bare(.notAuthorized, .badKey), "unavailable unauthorized"),
            (.bare(.notAuthorized, .badSignature), "unavailable unauthorized"),
            (.bare(.noError, .none), "unavailable unexpectedAnswer"),
            (.forged(.noError), "unavailable unexpectedAnswer"), (.noise, "unavailable malformedAnswer"),
        ]
        let server = UpdateServer { _, index in cases[index].0 }
        try await server.run { writer, deadline async throws in
            for (reply, summary) in cases {
                let result = try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 1, deadline: deadline)
                #expect(result.summary == summary, "\(reply)")
                guard case .unavailable(let failure) = result else { continue }
                #expect(failure.message.contains("127.0.0.1") && failure.message.contains(UpdateServer.zone))
                #expect(!failure.message.contains("7373") && !failure.message.contains("ssss"))
            }
        }
    }

    @Test("The server's time is taken once, and kept")
    func badTime() async throws {
        let serverTime = UpdateServer.now + 4_000
        let server = UpdateServer { request, _ in
            request.timeSigned == serverTime
                ? .signed(.noError)
                : .signed(.notAuthorized, error: .badTime, otherData: TSIGData.otherData(serverTime: serverTime))
        }
        try await server.run { writer, deadline async throws in
            for _ in 0..<2 {
                let result = try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 1, deadline: deadline)
                #expect(result == .accepted)
            }
        }
        #expect(server.requests.map(\.timeSigned) == [UpdateServer.now, serverTime, serverTime])
    }

    @Test("A server that never likes the time is asked twice")
    func badTimeAgain() async throws {
        let server = UpdateServer { request, _ in
            .signed(
                .notAuthorized,
                error: .badTime,
                otherData: TSIGData.otherData(serverTime: request.timeSigned + 400)
            )
        }
        try await server.run { writer, deadline async throws in
            let result = try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 1, deadline: deadline)
            #expect(result.summary == "unavailable unauthorized")
        }
        #expect(server.requests.count == 2)
    }

    @Test("SERVFAIL to a publish is tried again; to a delete it is looked up whether there is anything left")
    func serverFailures() async throws {
        let server = UpdateServer { request, index in
            guard let change = request.update?.changes.first else {
                return index < 3 ? .texts([]) : .texts(["there"])
            }
            if case .add = change { return index == 0 ? .signed(.serverFailure) : .signed(.noError) }
            return .signed(.serverFailure)
        }
        try await server.run { writer, deadline async throws in
            let name = try Self.name()
            #expect(try await writer.publish(TXTValue("x"), at: name, ttl: 1, deadline: deadline) == .accepted)
        }
        let deleting = UpdateServer { request, _ in request.update == nil ? .texts(["there"]) : .signed(.serverFailure)
        }
        try await deleting.run { writer, deadline async throws in
            let name = try Self.name()
            #expect(try await writer.delete(TXTValue("gone"), at: name, deadline: deadline) == .accepted)
            let result = try await writer.delete(TXTValue("there"), at: name, deadline: deadline)
            #expect(result.summary == "unavailable serverFailure")
            #expect(try await writer.delete(nil, at: name, deadline: deadline).summary == "unavailable serverFailure")
        }
    }

    @Test("What no update can carry is refused before anything is sent")
    func unsendable() async throws {
        let server = UpdateServer { _, _ in .signed(.noError) }
        try await server.run { writer, deadline async throws in
            let long = TXTValue([UInt8](repeating: 97, count: 63_001))
            let tooLong = try await writer.publish(long, at: Self.name(), ttl: 1, deadline: deadline)
            #expect(tooLong.summary == "refused tooLarge")
            let outside = try await writer.delete(nil, at: OwnerName("mesh.test.example"), deadline: deadline)
            #expect(outside.summary == "refused invalidConfiguration")
            let longest = TXTValue([UInt8](repeating: 97, count: 63_000))
            #expect(try await writer.publish(longest, at: Self.name(), ttl: 1, deadline: deadline) == .accepted)
            let late = ErasedClock.continuous.now
            #expect(try await writer.delete(nil, at: Self.name(), deadline: late).summary == "unavailable timeout")
            #expect("\(writer.target) \(writer.target.key)".contains("ssss") == false)
        }
        #expect(server.requests.count == 1)
    }

    @Test("A server that is silent over UDP is asked over TCP")
    func silentDatagrams() async throws {
        let server = UpdateServer { request, _ in request.overTCP ? .signed(.noError) : .silence }
        try await server.run { writer, deadline async throws in
            #expect(try await writer.publish(TXTValue("x"), at: Self.name(), ttl: 1, deadline: deadline) == .accepted)
        }
        #expect(server.requests.last?.overTCP == true)
    }

    @Test("Writers of single records go one by one, and stop at the first that isn't accepted")
    func oneByOne() async throws {
        let now = UnixSeconds(rawValue: UpdateServer.now)
        let store = MemoryRecordStore(now: { now })
        let records = try ["a", "b", "c"].map { RecordPublication(TXTValue($0), at: try Self.name($0), ttl: 60) }
        let deadline = ErasedClock.continuous.now.advanced(by: .seconds(20))
        #expect(try await store.publish(records, width: 2, deadline: deadline) == nil)
        #expect(await store.names.count == 3)
        let bad = RecordPublication(TXTValue("x"), at: try Self.name("d"), ttl: 86_401)
        let stop = try await store.publish([bad] + records, width: 1, deadline: deadline)
        #expect(stop?.record == bad && stop?.result.summary == "refused lifetimeTooLong")
    }
}
