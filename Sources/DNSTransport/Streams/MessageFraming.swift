import NIOCore

/// Cuts a byte stream into messages, each after two bytes that give its length (RFC 1035, 4.2.2).
///
/// Keeps what was received and not yet taken; no length from the wire reserves memory.
struct MessageFraming {
    enum Frame: Equatable {
        case message([UInt8])
        /// A length of 0, which no message has.
        case empty
        case incomplete
    }

    /// As ``Frame``, the message not copied.
    enum Piece: Equatable {
        case message(ByteBuffer)
        case empty
        case incomplete
    }

    private var received = ByteBuffer()

    /// Whether a message was begun.
    var hasPartialMessage: Bool { self.received.readableBytes > 0 }

    mutating func append(_ bytes: consuming ByteBuffer) {
        if self.received.readableBytes == 0 {
            self.received = bytes
        } else {
            self.received.writeBuffer(&bytes)
        }
    }

    mutating func next() -> Frame {
        switch self.nextPiece() {
        case .message(let bytes): .message(Array(bytes.readableBytesView))
        case .empty: .empty
        case .incomplete: .incomplete
        }
    }

    mutating func nextPiece() -> Piece {
        guard let length = self.received.getInteger(at: self.received.readerIndex, as: UInt16.self) else {
            return .incomplete
        }
        guard length > 0 else { return .empty }
        guard self.received.readableBytes >= 2 + Int(length) else {
            self.received.discardReadBytes()
            return .incomplete
        }
        self.received.moveReaderIndex(forwardBy: 2)
        return self.received.readSlice(length: Int(length)).map(Piece.message) ?? .incomplete
    }

    /// - Returns: The bytes to send, or `nil` for a message that has none, or more than 65,535.
    static func frame(_ message: [UInt8]) -> ByteBuffer? {
        guard let length = UInt16(exactly: message.count), length > 0 else { return nil }
        var buffer = ByteBufferAllocator().buffer(capacity: 2 + message.count)
        buffer.writeInteger(length)
        buffer.writeBytes(message)
        return buffer
    }
}
