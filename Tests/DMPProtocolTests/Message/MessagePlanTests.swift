import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("The size of a message")
struct MessagePlanTests {
    @Test(
        "The longest text follows from the largest value that a store takes",
        arguments: [
            (nil, 300, 24_724), (2_048, 300, 3_732), (2_048, 86_400, 3_730), (11_132, 300, 24_724),
            (11_131, 300, 24_596), (420, 300, 20), (419, 300, 0), (0, 300, 0), (Int.max, 300, 24_724),
        ] as [(Int?, UInt64, Int)]
    )
    func largestBody(valueByteLimit: Int?, ttl: UInt64, expected: Int) {
        let largest = MessagePlan.largestBody(valueByteLimit: valueByteLimit, timestamp: Samples.now, ttl: ttl)
        #expect(largest == expected)
    }

    @Test("One byte more than the longest text is refused with both numbers")
    func tooLong() throws {
        #expect(try MessagePlan(bodyByteCount: 24_724, timestamp: Samples.now, ttl: 300).shareCount == 255)
        #expect(throws: MessageError.tooLong(byteCount: 24_725, limit: 24_724)) {
            try MessagePlan(bodyByteCount: 24_725, timestamp: Samples.now, ttl: 300)
        }
        #expect(throws: MessageError.tooLong(byteCount: .max, limit: 24_724)) {
            try MessagePlan(bodyByteCount: .max, timestamp: Samples.now, ttl: 300)
        }
    }

    @Test("The plan says what sealing then makes", arguments: [0, 1, 20, 21, 148, 149, 1_000, 3_732, 24_724])
    func planAndMessage(byteCount: Int) throws {
        let plan = try MessagePlan(bodyByteCount: byteCount, timestamp: Samples.now, ttl: 300)
        let message = try Samples.sealed([UInt8](repeating: 0x78, count: byteCount))
        #expect(message.chunks.count == plan.shareCount)
        #expect(message.manifest.body.shareCount == plan.shareCount)
        #expect(message.manifest.body.dataCount == plan.dataCount)
        #expect(message.manifest.value.byteCount == plan.manifestTextByteCount)
        #expect((plan.manifestTextByteCount <= 2_048) == (byteCount <= 3_732))
        #expect(message.chunks.allSatisfy { $0.byteCount == ChunkWire.textByteCount })
        #expect(message.key == message.manifest.body.chunkKey)
        #expect(message.slot == message.messageID.slot)
        #expect(message.prekey == nil)
    }
}
