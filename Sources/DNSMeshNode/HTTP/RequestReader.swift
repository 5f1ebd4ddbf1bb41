internal import NIOCore
internal import NIOHTTP1

/// Puts the requests of one connection together from their parts, their bodies up to ``NodeAPI/bodyLimit``.
struct RequestReader {
    /// A request that can be answered.
    struct Request {
        let head: HTTPRequestHead
        let body: HTTPQuestion.Body
        /// Whether another request may follow on the same connection.
        var keepsOpen: Bool
    }

    enum Outcome {
        case nothing
        /// The client sends its body only once it is told to go on.
        case wantsContinue
        /// Where the body is too long, its rest is still to come.
        case request(Request)
    }

    private enum State {
        case idle
        case body(HTTPRequestHead, [UInt8])
        /// The request is answered already, and the rest of its body not wanted.
        case draining(isEndless: Bool)
    }

    private var state = State.idle

    /// 1 MiB, the longest body that is read to its end though it is not wanted.
    private static let longestDrain = 1 << 20

    /// Whether a request has begun and not ended.
    var isInRequest: Bool {
        if case .idle = self.state { false } else { true }
    }

    /// Whether the rest of a body is coming that is longer than anybody announces by mistake, or has no announced end.
    var drainsEndlessBody: Bool {
        if case .draining(isEndless: true) = self.state { true } else { false }
    }

    /// Whether the request that has begun was answered.
    var isAnswered: Bool {
        if case .draining = self.state { true } else { false }
    }

    mutating func take(_ part: HTTPServerRequestPart) -> Outcome {
        switch (part, self.state) {
        case (.head(let head), _):
            return self.begin(head)
        case (.body(let buffer), .body(let head, var bytes)):
            self.state = .idle  // so that the bytes have one owner
            guard bytes.count + buffer.readableBytes <= NodeAPI.bodyLimit else { return self.tooLong(head) }
            bytes.append(contentsOf: buffer.readableBytesView)
            self.state = .body(head, bytes)
            return .nothing
        case (.end, .body(let head, let bytes)):
            self.state = .idle
            return .request(Request(head: head, body: .whole(bytes), keepsOpen: head.keepsOpen))
        case (.end, _):
            self.state = .idle
            return .nothing
        case (.body, _):
            return .nothing
        }
    }

    private mutating func begin(_ head: HTTPRequestHead) -> Outcome {
        self.state = .body(head, [])
        guard head.version != .http1_0, head.headers.first(name: "expect")?.lowercased() == "100-continue" else {
            return .nothing
        }
        if let length = head.bodyLength, length <= NodeAPI.bodyLimit { return length > 0 ? .wantsContinue : .nothing }
        guard head.headers.contains(name: "content-length") else { return .wantsContinue }
        // The body was never asked for: what comes next may be it, or another request.
        self.state = .draining(isEndless: true)
        return .request(Request(head: head, body: .tooLong, keepsOpen: false))
    }

    private mutating func tooLong(_ head: HTTPRequestHead) -> Outcome {
        self.state = .draining(isEndless: (head.bodyLength ?? .max) > Self.longestDrain)
        return .request(Request(head: head, body: .tooLong, keepsOpen: head.keepsOpen))
    }
}

extension HTTPRequestHead {
    /// As announced; `nil` if it isn't, or beyond all numbers.
    fileprivate var bodyLength: Int? {
        self.headers.first(name: "content-length").flatMap { Int($0) }
    }

    /// After a change of protocol nothing more is understood.
    fileprivate var keepsOpen: Bool {
        self.isKeepAlive && self.method != .CONNECT && !self.headers.contains(name: "upgrade")
    }
}
