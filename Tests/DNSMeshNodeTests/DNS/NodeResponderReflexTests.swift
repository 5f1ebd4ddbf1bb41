import DMPProtocol
import DNSTransport
import DNSWire
import NIOCore
import Testing

@testable import DNSMeshNode

@Suite("DNS answers given at once")
struct NodeResponderReflexTests {
    static let names = [
        "a.mesh.example.test", "A.meSH.example.TEST", "big.mesh.example.test", "mb.mesh.example.test",
        "slot-1.mb.mesh.example.test", "nx.mesh.example.test", "mesh.example.test", "other.org", "_dmp.other.org",
    ]

    /// The answer without a worker; `nil` if there is none at once.
    private func atOnce(
        _ fixture: ResponderFixture,
        _ bytes: [UInt8],
        over transport: DNSSource.Transport = .udp
    ) throws -> [UInt8]? {
        let source = DNSSource(address: .v4(.loopback), port: 9, transport: transport)
        var answer = ByteBuffer()
        guard fixture.responder.reflex(to: ByteBuffer(bytes: bytes), from: source, into: &answer) == .answered else {
            return nil
        }
        return Array(answer.readableBytesView)
    }

    private func publishSome(_ fixture: ResponderFixture) async throws {
        try await fixture.publish("one", "two", at: "a.mesh.example.test", lifetime: 300)
        try await fixture.publish("three", at: "a.mesh.example.test", lifetime: 45)
        try await fixture.publish(String(repeating: "x", count: 1_500), at: "big.mesh.example.test")
        try await fixture.publish("mail", at: "slot-1.mb.mesh.example.test")
        try await fixture.publish("x", at: "_dmp.other.org")
    }

    @Test("The second answer needs no worker, and says what the first one says", arguments: names)
    func same(name: String) async throws {
        try await withResponder { fixture in
            try await self.publishSome(fixture)
            for transport in [DNSSource.Transport.udp, .tcp] {
                for size in [nil, 512, 1_232, 4_096] as [UInt16?] {
                    let query = try ResponderFixture.query(name, .txt) {
                        $0.edns = size.map { EDNS(udpPayloadSize: $0, dnssecOK: true) }
                        $0.isRecursionDesired = size != 512
                    }.encode()
                    let source = DNSSource(address: .v4(.loopback), port: 9, transport: transport)
                    let slow = try #require(await fixture.responder.respond(to: query[...], from: source))
                    let fast = try #require(try self.atOnce(fixture, query, over: transport))
                    #expect(try DNSMessage(decoding: fast[...]) == DNSMessage(decoding: slow[...]))
                    #expect(try DNSMessage(decoding: fast[...]).questions[0].name.description == name)
                    #expect(fast.count <= (transport == .tcp ? 65_535 : Int(min(max(size ?? 512, 512), 1_232))))
                }
            }
        }
    }

    @Test("Time passes for what is kept: TTLs shrink, values expire, the serial moves")
    func time() async throws {
        try await withResponder { fixture in
            try await self.publishSome(fixture)
            let name = "a.mesh.example.test"
            for (step, texts, timeToLive) in [
                (0, ["one", "two", "three"], 45), (40, ["one", "two", "three"], 5), (5, ["one", "two"], 60),
                (230, ["one", "two"], 25), (25, [], nil),
            ] as [(UInt64, [String], UInt32?)] {
                fixture.time.advance(by: step)
                let query = try ResponderFixture.query(name, .txt).encode()
                // The first may be a look-up, the second isn't.
                for _ in 0..<2 {
                    let bytes = try #require(try await fixture.send(query))
                    let answer = try DNSMessage(decoding: bytes[...])
                    #expect(answer.texts == texts && answer.answers.first?.timeToLive == timeToLive)
                    #expect(answer.responseCode == (texts.isEmpty ? .noSuchName : .noError))
                }
                #expect(try self.atOnce(fixture, query) != nil)
            }
            let query = try ResponderFixture.query(name, .txt).encode()
            fixture.time.advance(by: 3)
            let denial = try DNSMessage(decoding: try #require(try self.atOnce(fixture, query))[...])
            #expect(denial.startOfAuthority?.serial == UInt32(fixture.time.now.rawValue))
        }
    }

    @Test("A name above the last one is denied once that has expired")
    func descendants() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "slot-1.mb.mesh.example.test", lifetime: 10)
            let query = try ResponderFixture.query("mb.mesh.example.test", .txt).encode()
            for (step, code) in [(0, .noError), (9, .noError), (1, .noSuchName)] as [(UInt64, DNSResponseCode)] {
                fixture.time.advance(by: step)
                let bytes = try #require(try await fixture.send(query))
                #expect(try DNSMessage(decoding: bytes[...]).responseCode == code)
            }
        }
    }

    @Test("Whoever was told that a write is done reads it, and denials above are gone, under any load")
    func readsOwnWrites() async throws {
        try await withResponder { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        let name = try #require(RecordName("s\(writer % 4).mb\(writer).mesh.example.test"))
                        for round in 0..<40 {
                            let value = "\(writer) \(round)"
                            try await fixture.publish(value, at: name)
                            let now = try await self.texts(fixture, name.text)
                            #expect(now.contains(value), "\(name) lacks \(value)")
                            let above = try await self.code(fixture, "mb\(writer).mesh.example.test")
                            #expect(above == .noError)
                            #expect(try await fixture.store.delete(value, at: name))
                            #expect(try await !self.texts(fixture, name.text).contains(value))
                            #expect(try await self.code(fixture, "mb\(writer).mesh.example.test") == .noSuchName)
                        }
                    }
                    group.addTask {
                        for _ in 0..<200 {
                            _ = try await self.texts(fixture, "s\(writer % 4).mb\(writer).mesh.example.test")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func texts(_ fixture: ResponderFixture, _ name: String) async throws -> [String] {
        let bytes = try #require(try await fixture.send(try ResponderFixture.query(name, .txt).encode(), over: .tcp))
        return try DNSMessage(decoding: bytes[...]).texts
    }

    private func code(_ fixture: ResponderFixture, _ name: String) async throws -> DNSResponseCode {
        let bytes = try #require(try await fixture.send(try ResponderFixture.query(name, .txt).encode()))
        return try DNSMessage(decoding: bytes[...]).responseCode
    }

    @Test("What needs no look at the store is answered at once, and nothing is looked up for it")
    func withoutStore() async throws {
        try await withResponder { fixture in
            try fixture.store.close()
            let queries = try [
                ResponderFixture.query("a.mesh.example.test", .any), ResponderFixture.query("mesh.example.test", .soa),
                ResponderFixture.query("mesh.example.test", .axfr), ResponderFixture.query(".", .txt),
                ResponderFixture.query("a.mesh.example.test", .txt) { $0.edns = EDNS(version: 1) },
                ResponderFixture.query("a.mesh.example.test", .txt) { $0.questions[0].questionClass = .ch },
                ResponderFixture.query("a.mesh.example.test", .txt) { $0.questions += $0.questions },
            ]
            for query in queries {
                let bytes = try #require(try self.atOnce(fixture, query.encode()))
                #expect(try DNSMessage(decoding: bytes[...]).responseCode != .serverFailure)
            }
            #expect(try self.atOnce(fixture, ResponderFixture.query("a.mesh.example.test", .txt).encode()) == nil)
        }
    }

    @Test("Who asks too often is refused before anything is read")
    func limit() async throws {
        try await withResponder(limit: RateLimit(perSecond: 0.000_1, burst: 1)) { fixture in
            let source = DNSSource(address: .v4(.loopback), port: 9, transport: .udp)
            var answer = ByteBuffer()
            let message = ByteBuffer(bytes: [1, 2, 3])
            for _ in 0..<3 {
                #expect(fixture.responder.reflex(to: message, from: source, into: &answer) == .silence)
            }
            #expect(answer.readableBytes == 0)
            let metrics = fixture.responder.metrics.text(liveRecords: 0)
            #expect(
                metrics.contains("{outcome=\"malformed\"} 1.0\n")
                    && metrics.contains("{outcome=\"rate_limited\"} 2.0\n")
            )
        }
    }
}
