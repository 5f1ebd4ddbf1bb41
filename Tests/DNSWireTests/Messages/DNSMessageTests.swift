import DMPTesting
import DNSWire
import Testing

@Suite("DNS messages")
struct DNSMessageTests {
    /// An answer to TXT of `a.example`, written by hand: two strings in one record, owner compressed, OPT of 1,232.
    private static let answer: Hex = """
        1234 8580 0001 0001 0000 0001
        0161 076578616d706c65 00 0010 0001
        c00c 0010 0001 0000003c 0006 02 6869 02 796f
        00 0029 04d0 00 00 0000 0000
        """

    @Test("An answer written by hand is read field by field")
    func decoding() throws {
        let message = try DNSMessage(decoding: Self.answer.bytes[...])
        #expect(message.id == 0x1234)
        #expect(message.isResponse && message.isAuthoritative && message.isRecursionDesired)
        #expect(message.isRecursionAvailable && !message.isTruncated)
        #expect(message.responseCode == .noError)
        let name = try DNSName("a.example")
        #expect(message.questions == [DNSQuestion(name: name, type: .txt)])
        let data = TXTData(strings: [Array("hi".utf8), Array("yo".utf8)]).map(RecordData.txt)
        #expect(message.answers.map(\.data) == [try #require(data)])
        #expect(message.answers.first?.timeToLive == 60)
        #expect(message.answers.first?.name == name)
        #expect(message.additionals.isEmpty)
        #expect(message.edns == EDNS())
        #expect(message.encode() == Self.answer.bytes)
    }

    @Test("A message is read from a slice that starts anywhere")
    func slices() throws {
        let bytes = [0, 0, 0] + Self.answer.bytes + [0]
        let message = try DNSMessage(decoding: bytes[3..<bytes.count - 1])
        #expect(try message == DNSMessage(decoding: Self.answer.bytes[...]))
    }

    @Test("A message that ends early says so, wherever it is cut", arguments: 0..<56)
    func cut(count: Int) throws {
        let bytes = Self.answer.bytes
        #expect(bytes.count == 56)
        #expect {
            try DNSMessage(decoding: bytes[..<count])
        } throws: { error in
            guard case .some(.truncated(let place)) = error as? DNSDecodeError else { return false }
            return place <= count
        }
    }

    @Test(
        "A message that contradicts the format is refused for its own reason",
        arguments: [
            ("a byte too many", "0001 0000 0000 0000 0000 0000 ff", .trailingBytes(at: 12)),
            (
                "A of three bytes",
                "0001 8000 0000 0001 0000 0001 00 0001 0001 00000000 0003 010203 00 0001 0001 00000000 0000",
                .rdataTooShort(at: 25)
            ),
            (
                "A of three bytes at the end", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203",
                .rdataTooShort(at: 25)
            ),
            (
                "A of five bytes", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0005 0102030405",
                .rdataTooLong(at: 27)
            ),
            ("A without data", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0000", .rdataTooShort(at: 23)),
            (
                "TXT string that leaves its data", "0001 8000 0000 0001 0000 0000 00 0010 0001 00000000 0002 0561",
                .rdataTooShort(at: 24)
            ),
            (
                "name that leaves its data",
                "0001 8000 0000 0002 0000 0000 00 0002 0001 00000000 0001 0161 00 0002 0001 00000000 0001 00",
                .rdataTooShort(at: 24)
            ),
            (
                "bytes after a name", "0001 8000 0000 0001 0000 0000 00 0002 0001 00000000 0003 00 0000",
                .rdataTooLong(at: 24)
            ),
            (
                "OPT among the answers", "0001 8000 0000 0001 0000 0000 00 0029 0200 00000000 0000",
                .misplacedOPT(at: 12)
            ),
            (
                "OPT with an owner", "0001 8000 0000 0000 0000 0001 016100 0029 0200 00000000 0000",
                .misplacedOPT(at: 12)
            ),
            (
                "two OPT", "0001 8000 0000 0000 0000 0002 00 0029 0200 00000000 0000 00 0029 0200 00000000 0000",
                .repeatedOPT(at: 23)
            ),
            (
                "option that leaves OPT", "0001 8000 0000 0000 0000 0001 00 0029 0200 00000000 0005 000a 0002 ff",
                .rdataTooShort(at: 27)
            ),
            (
                "owner that points to itself", "0001 8000 0000 0001 0000 0000 c00c 0001 0001 00000000 0000",
                .pointerNotBackward(at: 12)
            ),
            ("huge counts", "0001 8000 ffff ffff ffff ffff", .truncated(at: 12)),
            ("half a header", "0001 8000 0001", .truncated(at: 6)),
        ] as [(String, Hex, DNSDecodeError)]
    )
    func refusal(_ what: String, bytes: Hex, reason: DNSDecodeError) {
        #expect(throws: reason) { try DNSMessage(decoding: bytes.bytes[...]) }
        #expect(!reason.description.isEmpty)
    }

    @Test("More than 65,535 bytes are no message")
    func tooLong() {
        let bytes = [UInt8](repeating: 0, count: 65_536)
        #expect(throws: DNSDecodeError.messageTooLong) { try DNSMessage(decoding: bytes[...]) }
        #expect(!DNSDecodeError.messageTooLong.description.isEmpty)
    }

    @Test("An update's deletions have no data, and come back as they were")
    func deletions() throws {
        var update = DNSMessage(id: 9)
        update.opcode = .update
        update.questions = [DNSQuestion(name: try DNSName("example"), type: .soa)]
        let name = try DNSName("a.example")
        update.answers = [DNSRecord(name: name, recordClass: .any, timeToLive: 0, data: .unknown(.any, []))]
        update.authorities = [
            DNSRecord(name: name, recordClass: .any, timeToLive: 0, data: .unknown(.a, [])),
            DNSRecord(
                name: name,
                recordClass: .any,
                timeToLive: 0,
                data: .txt(try #require(TXTData(strings: [])))
            ),
            DNSRecord(name: name, recordClass: .none, timeToLive: 0, data: .txt(TXTData("x".utf8))),
        ]
        #expect(try DNSMessage(decoding: update.encode()[...]) == update)
    }

    @Test("An unknown type is kept byte for byte, a signature stays last")
    func unknown() throws {
        var message = DNSMessage(id: 1, asking: DNSQuestion(name: .root, type: .any))
        message.additionals = [
            DNSRecord(name: .root, recordClass: .any, timeToLive: 0, data: .unknown(.tsig, [1, 2, 3]))
        ]
        let bytes = message.encode()
        #expect(bytes.suffix(3) == [1, 2, 3])
        #expect(try DNSMessage(decoding: bytes[...]) == message)
    }

    @Test("The response code has its upper bits in the OPT record")
    func extendedCode() throws {
        var message = DNSMessage(answering: DNSMessage(id: 5), responseCode: .badVersion)
        message.edns = EDNS()
        let bytes = message.encode()
        #expect(bytes.hex == "00058000000000000000000100002904d001000000" + "0000")
        #expect(try DNSMessage(decoding: bytes[...]).responseCode == .badVersion)
        message.edns = nil
        #expect(try DNSMessage(decoding: message.encode()[...]).responseCode == .noError)
    }

    @Test("An answer takes id, opcode, RD and questions of its query")
    func answering() throws {
        var query = DNSMessage(id: 77, asking: DNSQuestion(name: try DNSName("MiXed.example"), type: .txt))
        query.isCheckingDisabled = true
        query.opcode = .notify
        let answer = DNSMessage(answering: query, responseCode: .notImplemented)
        #expect(answer.id == 77 && answer.isResponse && answer.isRecursionDesired)
        #expect(answer.opcode == .notify && answer.responseCode == .notImplemented && !answer.isCheckingDisabled)
        #expect(answer.questions == query.questions)
        #expect(answer.edns == nil)
    }

    @Test("An answer above the limit becomes header, question and OPT with TC")
    func truncation() throws {
        let query = DNSMessage(id: 3, asking: DNSQuestion(name: try DNSName("a.example"), type: .txt))
        var answer = DNSMessage(answering: query)
        answer.isAuthoritative = true
        answer.edns = EDNS()
        let record = DNSRecord(
            name: try DNSName("a.example"),
            timeToLive: 60,
            data: .txt(TXTData([UInt8](repeating: 65, count: 600)))
        )
        answer.answers = [record]
        let whole = answer.encode()
        #expect(answer.encode(limit: whole.count) == whole)
        let cut = answer.encode(limit: whole.count - 1)
        var expected = answer
        expected.isTruncated = true
        expected.answers = []
        #expect(try DNSMessage(decoding: cut[...]) == expected)
        #expect(answer.encode(limit: 20).hex == "000387000000000000000000")
        #expect(answer.encode(limit: -1).count == 12)

        answer.answers = Array(repeating: record, count: 110)
        #expect(try DNSMessage(decoding: answer.encode()[...]).isTruncated)
        answer.answers = [
            DNSRecord(
                name: .root,
                timeToLive: 0,
                data: .unknown(RRType(rawValue: 999), .init(repeating: 0, count: 70_000))
            )
        ]
        #expect(try DNSMessage(decoding: answer.encode()[...]).isTruncated)
        answer.answers = Array(
            repeating: DNSRecord(name: .root, timeToLive: 0, data: .a(.loopback)),
            count: 65_536
        )
        #expect(try DNSMessage(decoding: answer.encode()[...]).isTruncated)
    }
}
