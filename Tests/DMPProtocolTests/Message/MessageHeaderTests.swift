import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Message headers")
struct MessageHeaderTests {
    private struct AADFile: Decodable {
        struct Case: Decodable {
            struct Fields: Decodable {
                let version: Int64
                let type: String
                let msgId: Hex
                let sender: Hex
                let recipient: Hex
                let ts: String
                let ttl: String
            }

            let id: String
            let fields: Fields
            let prekeyId: UInt32
            let outerHeader: String
            let aad: Hex
        }

        let cases: [Case]
    }

    @Test("Headers and associated data are written as in the vectors")
    func aadVectors() throws {
        let file: AADFile = try Vectors.load("aad", convertingSnakeCase: true)
        for item in file.cases {
            let header = MessageHeader(
                version: item.fields.version,
                kind: try #require(MessageHeader.Kind(rawValue: item.fields.type)),
                messageID: try MessageID(item.fields.msgId.bytes),
                sender: try UserID(item.fields.sender.bytes),
                recipient: try UserID(item.fields.recipient.bytes),
                total: 1,
                chunk: 0,
                sentAt: try #require(Int64(item.fields.ts)),
                ttl: try #require(Int64(item.fields.ttl))
            )
            let prekey = item.prekeyId == 0 ? nil : try Prekey.ID(item.prekeyId)
            #expect(header.json == Array(item.outerHeader.utf8), "\(item.id)")
            #expect(header.associatedData(prekey: prekey) == item.aad.bytes, "\(item.id)")
            #expect(try MessageHeader(json: Array(item.outerHeader.utf8)[...]) == header, "\(item.id)")
        }
        Vectors.report("aad", cases: file.cases.count)
    }

    @Test(
        "A header that is to be sent is as long as the plan says",
        arguments: [(0, 0), (1_800_000_000, 300), (9, 86_400)]
    )
    func byteCount(timestamp: UInt64, ttl: UInt64) throws {
        let timestamp = UnixSeconds(rawValue: timestamp)
        let header = try MessageHeader(
            messageID: .random(),
            sender: Samples.alice.userID,
            recipient: Samples.bob.userID,
            timestamp: timestamp,
            ttl: ttl
        )
        #expect(header.json.count == MessageHeader.byteCount(timestamp: timestamp, ttl: ttl))
        #expect(header.timestamp == timestamp)
    }

    @Test(
        "Times that fit no signed 64 bits are not sent",
        arguments: [(.max, 0), (0, .max), (1, .max / 2)] as [(UInt64, UInt64)]
    )
    func timeOutOfRange(timestamp: UInt64, ttl: UInt64) {
        #expect(throws: MessageError.timeOutOfRange) {
            try MessageHeader(
                messageID: .random(),
                sender: Samples.alice.userID,
                recipient: Samples.bob.userID,
                timestamp: UnixSeconds(rawValue: timestamp),
                ttl: ttl
            )
        }
    }

    @Test(
        "A message counts until its life has passed, whatever the numbers",
        arguments: [
            (1_800_000_000, 300, 1_800_000_300, false), (1_800_000_000, 300, 1_800_000_301, true),
            (.max, .max, .max, false), (.max, 0, UInt64(Int64.max), false), (.max, 0, UInt64(Int64.max) + 1, true),
            (.min, .min, 0, true), (-5, 2, 0, true), (-5, 5, 0, false), (10, -11, 0, true), (.min, .max, 0, true),
        ] as [(Int64, Int64, UInt64, Bool)]
    )
    func expiry(sentAt: Int64, ttl: Int64, now: UInt64, expected: Bool) throws {
        let sample = try Samples.header()
        let header = MessageHeader(
            version: 1,
            kind: .data,
            messageID: sample.messageID,
            sender: sample.sender,
            recipient: sample.recipient,
            total: 1,
            chunk: 0,
            sentAt: sentAt,
            ttl: ttl
        )
        #expect(header.isExpired(at: UnixSeconds(rawValue: now)) == expected)
        #expect(header.timestamp.rawValue == UInt64(max(0, sentAt)))
    }

    @Test(
        "A wrong header is refused for its own reason",
        arguments: [
            (#""v":1"#, #""v":"1""#, .headerField(.version)),
            (#""type":"DATA""#, #""type":"data""#, .headerField(.type)),
            (#""type":"DATA""#, #""type":7"#, .headerField(.type)),
            (#""msg_id":"00"#, #""msg_id":""#, .headerField(.messageID)),
            (#""msg_id":"00"#, #""msg_id":"0g"#, .headerField(.messageID)),
            (#""sender":""#, #""sender":"00"#, .headerField(.sender)),
            (#""recipient":""#, #""recipients":""#, .headerField(.recipient)),
            (#""total":1"#, #""total":1.0"#, .headerField(.total)),
            (#""chunk":0"#, #""chunk":[0]"#, .headerField(.chunk)),
            (#""ts":1800000000"#, #""ts":9223372036854775808"#, .headerField(.timestamp)),
            (#""ttl":300"#, #""ttl":null"#, .headerField(.ttl)),
            (#"{"v""#, #"["v""#, .header(.notAnObject)),
            (#"300}"#, #"300"#, .header(.syntax)),
            (#"300}"#, "300,\"x\":" + String(repeating: "[", count: 300), .header(.tooDeep)),
        ] as [(String, String, MessageError)]
    )
    func refusal(part: String, replacement: String, reason: MessageError) throws {
        let good = String(decoding: try Samples.header().json, as: UTF8.self)
        let range = try #require(good.firstRange(of: part))
        let text = good.replacingCharacters(in: range, with: replacement)
        #expect(throws: reason) { try MessageHeader(json: Array(text.utf8)[...]) }
    }

    @Test("A header that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: MessageError.header(.notUTF8)) { try MessageHeader(json: [0x7b, 0xff, 0x7d]) }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
