import NIOCore
import NIOHTTP1

/// A request that is handed to a connection.
struct HTTPCall: Sendable {
    /// Tells it from all others to the same node.
    let number: Int
    let head: HTTPRequestHead
    let body: ByteBuffer?
}

/// What came for an ``HTTPCall``.
struct HTTPReply: Sendable {
    var answer: HTTPAnswer
    /// `nil` if it was too long, too slow or cut off. The status says what became of the request all the same.
    let body: ByteBuffer?

    /// Whether the next request may go over the same connection.
    var keepsConnection: Bool { self.body != nil && self.answer.keepsConnection }
}
