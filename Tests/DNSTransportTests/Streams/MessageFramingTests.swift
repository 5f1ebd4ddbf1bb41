import DMPTesting
import NIOCore
import Testing

@testable import DNSTransport

@Suite("Messages in a byte stream")
struct MessageFramingTests {
    @Test("Messages come out whole however the stream is cut", arguments: [1, 2, 3, 5, 100])
    func cuts(pieceCount: Int) {
        let stream: [UInt8] = [0, 3, 1, 2, 3, 0, 1, 9, 1, 0] + [UInt8](repeating: 7, count: 256) + [0]
        var framing = MessageFraming()
        var messages: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: pieceCount) {
            framing.append(ByteBuffer(bytes: stream[start..<min(start + pieceCount, stream.count)]))
            while case .message(let bytes) = framing.next() { messages.append(bytes) }
        }
        #expect(messages == [[1, 2, 3], [9], [UInt8](repeating: 7, count: 256)])
        #expect(framing.hasPartialMessage)
        #expect(framing.next() == .incomplete)
    }

    @Test("A length of 0 is told apart")
    func empty() {
        var framing = MessageFraming()
        #expect(!framing.hasPartialMessage)
        framing.append(ByteBuffer(bytes: [0, 0]))
        #expect(framing.next() == .empty)
    }

    @Test("A message is framed by its length, if it has one")
    func frame() {
        #expect(MessageFraming.frame([5, 6]).map { Array($0.readableBytesView) } == [0, 2, 5, 6])
        #expect(MessageFraming.frame([]) == nil)
        #expect(MessageFraming.frame([UInt8](repeating: 0, count: 65_535))?.readableBytes == 65_537)
        #expect(MessageFraming.frame([UInt8](repeating: 0, count: 65_536)) == nil)
    }
}
