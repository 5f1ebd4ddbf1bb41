import DMPNetwork
import DMPProtocol
import DNSWire
import Testing

@Suite("What a DNS answer says about a name")
struct ReadResultAnswerTests {
    private let name: DNSName

    init() throws {
        self.name = try DNSName("slot-1.mesh.test")
    }

    private func answer(_ code: DNSResponseCode = .noError, _ records: [DNSRecord] = []) -> DNSMessage {
        let query = DNSMessage(id: 1, asking: DNSQuestion(name: self.name, type: .txt))
        var answer = DNSMessage(answering: query, responseCode: code)
        answer.answers = records
        return answer
    }

    private func text(_ bytes: [UInt8], at name: DNSName) -> DNSRecord {
        DNSRecord(name: name, timeToLive: 60, data: .txt(TXTData(bytes)))
    }

    private func alias(_ name: String, to target: String) throws -> DNSRecord {
        DNSRecord(name: try DNSName(name), timeToLive: 60, data: .cname(try DNSName(target)))
    }

    private func read(_ answer: DNSMessage) -> ReadResult {
        ReadResult(answer, about: self.name, from: "192.0.2.1:53")
    }

    private func soa() throws -> DNSRecord {
        DNSRecord(
            name: try DNSName("mesh.test"),
            timeToLive: 60,
            data: .soa(
                SOAData(
                    primaryServer: self.name,
                    responsible: self.name,
                    serial: 1,
                    refresh: 1,
                    retry: 1,
                    expire: 1,
                    minimum: 1
                )
            )
        )
    }

    @Test("Values come joined, in the order of the answer, whatever their bytes")
    func values() throws {
        let long = [UInt8](repeating: 0x61, count: 700)
        let other = try DNSName("SLOT-1.Mesh.Test")
        let result = self.read(
            self.answer(.noError, [self.text(long, at: self.name), self.text([0xff, 0], at: other)])
        )
        #expect(result == .records([TXTValue(long), TXTValue([0xff, 0])]))
    }

    @Test("Records of other names, classes and types don't count")
    func foreignRecords() throws {
        var chaos = self.text([0x61], at: self.name)
        chaos.recordClass = RRClass(rawValue: 3)
        let records = [
            self.text([0x62], at: try DNSName("slot-2.mesh.test")), chaos,
            DNSRecord(name: self.name, timeToLive: 60, data: .a(.loopback)),
        ]
        #expect(self.read(self.answer(.noError, records)) == .absent)
    }

    @Test("NXDOMAIN and an answer without data are absent")
    func absent() throws {
        #expect(self.read(self.answer(.noSuchName)) == .absent)
        #expect(self.read(self.answer()) == .absent)
        var withSOA = self.answer()
        withSOA.authorities = [try self.soa()]
        #expect(self.read(withSOA) == .absent)
    }

    @Test("A referral to other servers says nothing, unless the server has authority")
    func referral() throws {
        var answer = self.answer()
        answer.authorities = [DNSRecord(name: try DNSName("test"), timeToLive: 60, data: .ns(self.name))]
        #expect(self.code(of: self.read(answer)) == .unexpectedAnswer)
        answer.isAuthoritative = true
        #expect(self.read(answer) == .absent)
    }

    @Test(
        "Response codes other than these two are unavailable",
        arguments: [
            (2, .serverFailure), (5, .refused), (1, .unexpectedAnswer), (4, .unexpectedAnswer), (6, .unexpectedAnswer),
            (9, .unexpectedAnswer), (16, .unexpectedAnswer), (4095, .unexpectedAnswer),
        ] as [(UInt16, NetworkFailure.Code)]
    )
    func responseCodes(rawValue: UInt16, code: NetworkFailure.Code) throws {
        let responseCode = try #require(DNSResponseCode(rawValue: rawValue))
        let result = self.read(self.answer(responseCode, [self.text([0x61], at: self.name)]))
        #expect(self.code(of: result) == code)
    }

    @Test("A truncated answer is no answer")
    func truncated() {
        var answer = self.answer(.noError, [self.text([0x61], at: self.name)])
        answer.isTruncated = true
        #expect(self.code(of: self.read(answer)) == .malformedAnswer)
    }

    @Test("Aliases are followed inside the answer, in any order")
    func aliases() throws {
        let records = [
            self.text([0x61], at: try DNSName("c.test")), try self.alias("B.test", to: "c.test"),
            self.text([0x62], at: try DNSName("b.test")), try self.alias("slot-1.mesh.test", to: "b.test"),
        ]
        #expect(self.read(self.answer(.noError, records)) == .records([TXTValue("a")]))
    }

    @Test("Aliases without an end are unavailable")
    func aliasLoop() throws {
        let loop = [try self.alias("slot-1.mesh.test", to: "b.test"), try self.alias("b.test", to: "slot-1.mesh.test")]
        #expect(self.code(of: self.read(self.answer(.noError, loop))) == .unexpectedAnswer)
        func chain(_ count: Int) throws -> [DNSRecord] {
            try [self.alias("slot-1.mesh.test", to: "n1.test")]
                + (1..<count).map { try self.alias("n\($0).test", to: "n\($0 + 1).test") }
                + [self.text([0x61], at: DNSName("n\(count).test"))]
        }
        #expect(self.read(self.answer(.noError, try chain(8))) == .records([TXTValue("a")]))
        #expect(self.code(of: self.read(self.answer(.noError, try chain(9)))) == .unexpectedAnswer)
    }

    @Test("An alias whose target isn't told is absent only if the server would know")
    func aliasWithoutTarget() throws {
        var answer = self.answer(.noError, [try self.alias("slot-1.mesh.test", to: "b.test")])
        #expect(self.code(of: self.read(answer)) == .unexpectedAnswer)
        answer.isRecursionAvailable = true
        #expect(self.read(answer) == .absent)
        answer.isRecursionAvailable = false
        answer.authorities = [try self.soa()]
        #expect(self.read(answer) == .absent)
    }

    private func code(of result: ReadResult) -> NetworkFailure.Code? {
        guard case .unavailable(let failure) = result else { return nil }
        return failure.code
    }
}
