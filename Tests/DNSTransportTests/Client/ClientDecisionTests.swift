import DMPTesting
import DNSWire
import Testing

@testable import DNSTransport

@Suite("What a DNS client decides")
struct ClientDecisionTests {
    // MARK: Round trips

    @Test("Before the first answer the resend interval is the first guess, doubled each time")
    func firstGuess() {
        let estimate = RoundTripEstimate(first: .milliseconds(400))
        let intervals = (1...5).map { estimate.interval(afterSends: $0) }
        #expect(intervals == [.milliseconds(400), .milliseconds(800), .milliseconds(1600), .seconds(3), .seconds(3)])
        #expect(estimate.interval(afterSends: 0) == .milliseconds(400))
        #expect(estimate.interval(afterSends: .max) == .seconds(3))
    }

    @Test("A steady round trip is waited for one and a half times")
    func steady() {
        var estimate = RoundTripEstimate(first: .milliseconds(400))
        for _ in 0..<100 { estimate.record(.milliseconds(100)) }
        #expect(estimate.interval(afterSends: 1) == .milliseconds(150))
        #expect(estimate.interval(afterSends: 2) == .milliseconds(300))
        for _ in 0..<100 { estimate.record(.microseconds(100)) }
        #expect(estimate.interval(afterSends: 1) == .milliseconds(50))
    }

    @Test("Round trips that vary are waited for longer")
    func varying() {
        var estimate = RoundTripEstimate(first: .milliseconds(400))
        for index in 0..<100 { estimate.record(.milliseconds(index.isMultiple(of: 2) ? 20 : 220)) }
        #expect(estimate.interval(afterSends: 1) > .milliseconds(300))
    }

    // MARK: Letter case

    @Test("Three folded answers in a row, and only those, end the mixing of case")
    func folding() {
        var traits = UpstreamTraits()
        traits.recordFoldedSpelling()
        traits.recordFoldedSpelling()
        traits.recordExactSpelling()
        traits.recordFoldedSpelling()
        traits.recordFoldedSpelling()
        #expect(!traits.foldsCase)
        traits.recordFoldedSpelling()
        #expect(traits.foldsCase)
        traits.recordExactSpelling()
        #expect(traits.foldsCase)
    }

    // MARK: Matching

    private static let query = DNSMessage(
        id: 0x1234,
        asking: DNSQuestion(name: (try? DNSName("aB.x")) ?? .root, type: .txt)
    ).encode()
    private static let questionEnd = 12 + 6 + 4

    @Test(
        "Only an answer to the question that was asked matches",
        arguments: [
            ("the question", "1234 8180 0001 0000 0000 0000 0261420178 00 0010 0001", .exact),
            ("with answers announced", "1234 8180 0001 0009 0000 0000 0261420178 00 0010 0001", .exact),
            ("folded", "1234 8180 0001 0000 0000 0000 0261620178 00 0010 0001", .folded),
            ("FORMERR alone", "1234 8181 0000 0000 0000 0000", .absent),
            ("NOERROR alone", "1234 8180 0000 0000 0000 0000", nil),
            ("NXDOMAIN alone", "1234 8183 0000 0000 0000 0000", nil),
            ("another id", "1235 8180 0001 0000 0000 0000 0261420178 00 0010 0001", nil),
            ("a query", "1234 0100 0001 0000 0000 0000 0261420178 00 0010 0001", nil),
            ("another opcode", "1234 a980 0001 0000 0000 0000 0261420178 00 0010 0001", nil),
            ("another name", "1234 8180 0001 0000 0000 0000 0261430178 00 0010 0001", nil),
            ("another type", "1234 8180 0001 0000 0000 0000 0261420178 00 0001 0001", nil),
            ("another class", "1234 8180 0001 0000 0000 0000 0261420178 00 0010 0003", nil),
            ("type with the bit of letter case", "1234 8180 0001 0000 0000 0000 0261420178 00 0030 0001", nil),
            ("two questions", "1234 8180 0002 0000 0000 0000 0261420178 00 0010 0001", nil),
            ("cut question", "1234 8180 0001 0000 0000 0000 0261420178 00 0010 00", nil),
            ("cut header", "1234 8181 0000 0000 0000 00", nil),
            ("nothing", "", nil),
        ] as [(String, Hex, QuestionSpelling?)]
    )
    func matching(_ what: String, bytes: Hex, expected: QuestionSpelling?) {
        let result = spelling(ofAnswer: bytes.bytes, toQuery: Self.query, questionEnd: Self.questionEnd)
        #expect(result == expected)
    }

    @Test("An id is drawn from those that are free, as long as most are")
    func ids() {
        var random = SeededRandom(seed: 3)
        var taken: [UInt16: Bool] = [:]
        for _ in 0..<0x4000 {
            guard let id = unusedID(in: taken, drawing: { UInt16(truncatingIfNeeded: random.next()) }) else { break }
            #expect(taken[id] == nil)
            taken[id] = true
        }
        #expect(taken.count == 0x4000)
        #expect(unusedID(in: taken, drawing: { 0 }) == nil)
    }

    @Test("Random places are below their bound, and all of them come")
    func places() {
        var random = RandomBits()
        let places = (0..<1_000).map { _ in random.place(below: 4) }
        #expect(Set(places) == [0, 1, 2, 3])
        #expect((0..<100).allSatisfy { _ in random.place(below: 1) == 0 })
        #expect(Set((0..<1_000).map { _ in random.next() }).count > 900)
    }

    // MARK: The plan of a query

    private func plan(_ traits: UpstreamTraits = UpstreamTraits(), dnssecOK: Bool = false) throws -> QueryPlan {
        QueryPlan(
            question: DNSQuestion(name: try DNSName("abcdefgh.example"), type: .txt),
            traits: traits,
            payloadSize: 1_232,
            dnssecOK: dnssecOK
        )
    }

    @Test("Where DNSSEC is asked for, DO is set, over UDP and TCP, even at a server that lacked EDNS")
    func dnssecOK() throws {
        var (traits, random) = (UpstreamTraits(), SeededRandom(seed: 1))
        traits.recordLackOfEDNS()
        var plan = try self.plan(traits, dnssecOK: true)
        let query = plan.message(using: &random)
        #expect(try DNSMessage(decoding: query[...]).edns == EDNS(udpPayloadSize: 1_232, dnssecOK: true))
        let bytes = answer(to: query) { $0.isTruncated = true }
        guard case .again = plan.judge(bytes, spelling: .exact, traits: &traits) else {
            Issue.record("a truncated answer was taken")
            return
        }
        let message = try DNSMessage(decoding: plan.message(using: &random)[...])
        #expect(message.edns == EDNS(udpPayloadSize: .max, dnssecOK: true))
        #expect(!message.isAuthenticData && !message.isCheckingDisabled)
    }

    @Test("A query over UDP announces 1,232 bytes, over TCP the most there is")
    func payloadSizes() throws {
        var (plan, traits, random) = (try self.plan(), UpstreamTraits(), SeededRandom(seed: 1))
        let query = try DNSMessage(decoding: plan.message(using: &random)[...])
        #expect(query.edns?.udpPayloadSize == 1_232)
        #expect(query.isRecursionDesired && !query.isCheckingDisabled && !query.isAuthenticData)
        let bytes = answer(to: plan.message(using: &random)) { $0.isTruncated = true }
        guard case .again = plan.judge(bytes, spelling: .exact, traits: &traits) else {
            Issue.record("a truncated answer was taken")
            return
        }
        #expect(plan.transport == .tcp)
        let message = plan.message(using: &random)
        #expect(try DNSMessage(decoding: message[...]).edns?.udpPayloadSize == .max)
        #expect(try question(of: message).name.exactlyEquals(DNSName("abcdefgh.example")))
        #expect(message.count > plan.questionEnd)
    }

    @Test("EDNS is given up for a server only once it answered without")
    func lackOfEDNS() throws {
        var (plan, traits, random) = (try self.plan(), UpstreamTraits(), SeededRandom(seed: 1))
        let complaint = answer(to: plan.message(using: &random)) {
            $0.responseCode = .formatError
            ($0.answers, $0.edns) = ([], nil)
        }
        guard case .again = plan.judge(complaint, spelling: .exact, traits: &traits) else {
            Issue.record("the complaint was taken for the answer")
            return
        }
        #expect(!plan.usesEDNS && !traits.lacksEDNS)
        guard case .done = plan.judge(complaint, spelling: .exact, traits: &traits) else {
            Issue.record("a second complaint is the answer")
            return
        }
        #expect(!traits.lacksEDNS)
        guard case .done = plan.judge(answer(to: plan.message(using: &random)), spelling: .exact, traits: &traits)
        else {
            Issue.record("the answer was not taken")
            return
        }
        #expect(traits.lacksEDNS)
        #expect(try !self.plan(traits).usesEDNS)
    }

    @Test("A format error from a server that knows EDNS is its answer, BADVERS never is")
    func formatErrorWithEDNS() throws {
        var (plan, traits, random) = (try self.plan(), UpstreamTraits(), SeededRandom(seed: 1))
        let query = plan.message(using: &random)
        let badVersion = answer(to: query) { $0.responseCode = .badVersion }
        let formatError = answer(to: query) { $0.responseCode = .formatError }
        guard case .done(let message) = plan.judge(formatError, spelling: .exact, traits: &traits) else {
            Issue.record("the answer was not taken")
            return
        }
        #expect(message.responseCode == .formatError)
        guard case .again = plan.judge(badVersion, spelling: .exact, traits: &traits) else {
            Issue.record("BADVERS was taken for the answer")
            return
        }
    }
}
