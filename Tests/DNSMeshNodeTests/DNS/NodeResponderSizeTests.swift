import DNSTransport
import DNSWire
import Testing

@testable import DNSMeshNode

@Suite("Sizes of DNS answers, and limits per source")
struct NodeResponderSizeTests {
    static let name = "a.mesh.example.test"

    @Test(
        "Over UDP an answer that is too long is cut to its question",
        arguments: [
            (nil, 600, true), (512, 600, true), (600, 600, true), (700, 600, false), (1_232, 600, false),
            (100, 400, false), (nil, 400, false), (65_535, 1_100, false), (65_535, 1_300, true),
        ] as [(UInt16?, Int, Bool)]
    )
    func truncation(payload: UInt16?, valueBytes: Int, isTruncated: Bool) async throws {
        try await withResponder { fixture in
            try await fixture.publish(String(repeating: "x", count: valueBytes), at: "a.mesh.example.test")
            let edns = payload.map { EDNS(udpPayloadSize: $0) }
            let bytes = try #require(try await fixture.askBytes(Self.name, over: .udp, edns: edns))
            let answer = try DNSMessage(decoding: bytes[...])
            #expect(bytes.count <= Int(min(max(payload ?? 512, 512), 1_232)))
            #expect(answer.isTruncated == isTruncated && answer.answers.count == (isTruncated ? 0 : 1))
            #expect(answer.questions.count == 1 && answer.responseCode == .noError)
            #expect((answer.edns == nil) == (payload == nil))
        }
    }

    @Test("Over TCP the whole answer comes, whatever EDNS says", arguments: [nil, 512, 1_232, 65_535] as [UInt16?])
    func tcp(payload: UInt16?) async throws {
        try await withResponder { fixture in
            let values = (0..<10).map { String(repeating: "x", count: 1_100) + String($0) }
            for value in values { try await fixture.publish(value, at: "a.mesh.example.test") }
            let edns = payload.map { EDNS(udpPayloadSize: $0) }
            let bytes = try #require(try await fixture.askBytes(Self.name, over: .tcp, edns: edns))
            let answer = try DNSMessage(decoding: bytes[...])
            #expect(answer.texts == values && !answer.isTruncated && bytes.count > 11_000)
        }
    }

    @Test("Of a set above 64 KiB the newest values that fit come over TCP")
    func tooLarge() async throws {
        var limits = RecordLimits()
        limits.setWireBytes = .max
        try await withResponder(limits: limits) { fixture in
            let values = (0..<64).map { String(repeating: "x", count: 2_000) + String(10 + $0) }
            for value in values { try await fixture.publish(value, at: "a.mesh.example.test") }
            let bytes = try #require(try await fixture.askBytes(Self.name, over: .tcp, edns: EDNS()))
            let answer = try DNSMessage(decoding: bytes[...])
            #expect(!answer.isTruncated && answer.responseCode == .noError)
            // Each takes 12 + 2,002 + 8 bytes of 65,535 less 12 + 25 + 11.
            #expect(answer.texts == Array(values.suffix(32)))
            let short = try #require(try await fixture.askBytes(Self.name, over: .udp))
            #expect(try DNSMessage(decoding: short[...]).isTruncated)
        }
    }

    @Test("A source that asks too often gets silence, others and the other transport don't")
    func rateLimit() async throws {
        try await withResponder(limit: RateLimit(perSecond: 0.000_1, burst: 2)) { fixture in
            let answers = try await [
                fixture.askBytes(Self.name, over: .udp), fixture.askBytes(Self.name, over: .udp),
                fixture.askBytes(Self.name, over: .udp), fixture.askBytes(Self.name, over: .tcp),
                fixture.askBytes(Self.name, over: .udp, from: "192.0.2.9"),
            ]
            #expect(answers.map { $0 != nil } == [true, true, false, true, true])
            let metrics = fixture.responder.metrics.text(liveRecords: 0)
            #expect(metrics.contains("dmp_dns_queries_total{outcome=\"nxdomain\"} 4.0\n"))
            #expect(metrics.contains("dmp_dns_queries_total{outcome=\"rate_limited\"} 1.0\n"))
        }
    }
}
