import DNSWire
import Testing

@Suite("TXT data")
struct TXTDataTests {
    @Test(
        "A value is cut into strings of 255 bytes",
        arguments: [
            (0, [0]), (1, [1]), (254, [254]), (255, [255]), (256, [255, 1]), (510, [255, 255]),
            (511, [255, 255, 1]), (65_279, Array(repeating: 255, count: 255) + [254]),
            (70_000, Array(repeating: 255, count: 274) + [130]),
        ] as [(Int, [Int])]
    )
    func split(count: Int, strings: [Int]) {
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let data = TXTData(value)
        #expect(data.strings.map(\.count) == strings)
        #expect(data.joined == value)
        #expect(TXTData(value[...]) == data)
    }

    @Test("Strings are kept as they were cut, and joined without their cuts")
    func strings() {
        let data = TXTData(strings: [[1, 2], [], [3]])
        #expect(data?.strings.map(Array.init) == [[1, 2], [], [3]])
        #expect(data?.joined == [1, 2, 3])
        #expect(data != TXTData([1, 2, 3]))
        #expect(TXTData(strings: [[UInt8](repeating: 0, count: 256)]) == nil)
        #expect(TXTData(strings: [])?.joined == [])
    }

    @Test("The largest value that fits a record comes back over the wire")
    func largest() throws {
        let value = [UInt8](repeating: 65, count: 65_200)
        var message = DNSMessage(id: 1)
        message.answers = [DNSRecord(name: .root, timeToLive: 0, data: .txt(TXTData(value)))]
        let decoded = try DNSMessage(decoding: message.encode()[...])
        #expect(decoded == message)
    }
}
