import DMPTesting
import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("DNS messages that are out of the ordinary")
struct NodeResponderMessageTests {
    @Test("An opcode other than QUERY and UPDATE is not implemented", arguments: [1, 2, 3, 4, 6, 15] as [UInt8])
    func opcodes(number: UInt8) async throws {
        try await withResponder { fixture in
            let opcode = try #require(DNSOpcode(rawValue: number))
            let answer = try await fixture.ask("mesh.example.test", .soa) { $0.opcode = opcode }
            #expect(answer.responseCode == .notImplemented && answer.opcode == opcode && !answer.isAuthoritative)
            #expect(answer.answers.isEmpty && answer.authorities.isEmpty)
        }
    }

    @Test(
        "No update is taken: NOTAUTH for other zones, REFUSED for the own",
        arguments: [
            ("mesh.example.test", .refused), ("MESH.example.test", .refused), ("a.mesh.example.test", .notAuthorized),
            ("node.example", .notAuthorized),
        ] as [(String, DNSResponseCode)]
    )
    func updates(zone: String, code: DNSResponseCode) async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask(zone, .soa) { query in
                query.opcode = .update
                query.authorities = [
                    DNSRecord(name: query.questions[0].name, timeToLive: 60, data: .txt(TXTData("x".utf8)))
                ]
            }
            #expect(answer.responseCode == code && answer.questions.count == 1)
            #expect(try await fixture.ask("a.mesh.example.test").texts.isEmpty)
            let none = try await fixture.ask(zone, .soa) { query in
                query.opcode = .update
                query.questions = []
            }
            #expect(none.responseCode == .formatError)
        }
    }

    @Test("No question and two questions are format errors")
    func questionCount() async throws {
        try await withResponder { fixture in
            let none = try await fixture.ask("a.mesh.example.test") { $0.questions = [] }
            let two = try await fixture.ask("a.mesh.example.test") { $0.questions += $0.questions }
            #expect(none.responseCode == .formatError && two.responseCode == .formatError)
            #expect(two.questions.isEmpty && two.answers.isEmpty)
            let zeros = try #require(try await fixture.send([UInt8](repeating: 0, count: 12)))
            #expect(zeros.count == 12 && zeros[3] & 0xf == 1)
        }
    }

    @Test("A class other than IN is refused", arguments: [RRClass.ch, .hs, .any, .none])
    func classes(questionClass: RRClass) async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "a.mesh.example.test")
            let answer = try await fixture.ask("a.mesh.example.test") { $0.questions[0].questionClass = questionClass }
            #expect(answer.responseCode == .refused && answer.answers.isEmpty && !answer.isAuthoritative)
        }
    }

    @Test("An EDNS version above 0 is refused with the one that is known")
    func version() async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask("a.mesh.example.test") { $0.edns = EDNS(version: 1) }
            #expect(answer.responseCode == .badVersion && answer.edns?.version == 0)
            #expect(answer.edns?.udpPayloadSize == 1_232)
        }
    }

    @Test("EDNS is answered without options and flags")
    func edns() async throws {
        try await withResponder { fixture in
            let cookie = EDNS.Option(code: 10, data: [1, 2, 3, 4, 5, 6, 7, 8])
            let answer = try await fixture.ask("nx.mesh.example.test") {
                $0.edns = EDNS(udpPayloadSize: 4_096, dnssecOK: true, options: [cookie])
            }
            #expect(answer.edns == EDNS(udpPayloadSize: 1_232))
        }
    }

    @Test("A signed query is answered NOTAUTH, as no key is known")
    func signature() async throws {
        try await withResponder { fixture in
            let answer = try await fixture.ask("a.mesh.example.test") { query in
                let name = query.questions[0].name
                query.additionals = [
                    DNSRecord(name: name, recordClass: .any, timeToLive: 0, data: .unknown(.tsig, [0]))
                ]
            }
            #expect(answer.responseCode == .notAuthorized && !answer.isAuthoritative && answer.questions.isEmpty)
        }
    }

    @Test("Answers, noise, fragments and messages with more behind them get no answer")
    func silence() async throws {
        try await withResponder { fixture in
            let query = try ResponderFixture.query("a.mesh.example.test", .txt)
            var answer = query
            answer.isResponse = true
            let bytes = query.encode()
            for message in [[], [1, 2, 3, 4, 5], answer.encode(), bytes + [0], Array(bytes.dropLast())] as [[UInt8]] {
                #expect(try await fixture.send(message) == nil)
            }
            let metrics = fixture.responder.metrics.text(liveRecords: 0)
            #expect(metrics.contains("dmp_dns_queries_total{outcome=\"malformed\"} 4.0\n"))
        }
    }

    @Test("Damaged queries are survived")
    func damaged() async throws {
        try await withResponder { fixture in
            try await fixture.publish("x", at: "a.mesh.example.test")
            var random = SeededRandom(seed: SeededRandom.fuzzSeed)
            let query = try ResponderFixture.query("a.mesh.example.test", .txt) { $0.edns = EDNS() }.encode()
            for _ in 0..<2_000 {
                let answer = try await fixture.send(query.mutated(using: &random))
                // seed: SeededRandom.fuzzSeed
                if let answer { #expect((12...1_232).contains(answer.count)) }
            }
        }
    }

    @Test("A broken store is a server failure")
    func brokenStore() async throws {
        try await withResponder { fixture in
            try fixture.store.close()
            let answer = try await fixture.ask("a.mesh.example.test")
            #expect(answer.responseCode == .serverFailure && answer.answers.isEmpty)
        }
    }
}
