import NIOCore
import Synchronization

/// A message that waits for an answer, and where the answer goes.
struct ServerRequest: Sendable {
    enum ReplyPath: Sendable {
        /// To this address, from the UDP socket of this number.
        case datagram(SocketAddress, socket: Int)
        case stream(any Channel)
    }

    let bytes: [UInt8]
    let source: DNSSource
    let replyPath: ReplyPath
}

/// Hands requests to a fixed number of workers. What no worker can take waits, up to a bound.
final class WorkQueue: Sendable {
    private struct State {
        var waiting: CircularBuffer<ServerRequest> = []
        var idle: [CheckedContinuation<ServerRequest?, Never>] = []
        var isClosed = false
    }

    private enum Submission {
        case handed(to: CheckedContinuation<ServerRequest?, Never>)
        case waits
        case refused
    }

    private enum Next {
        case request(ServerRequest)
        case closed
        case waits
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: How many requests may wait.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// - Returns: `false` if the queue is full or closed.
    func submit(_ request: ServerRequest) -> Bool {
        let submission = self.state.withLock { state -> Submission in
            if state.isClosed { return .refused }
            if let worker = state.idle.popLast() { return .handed(to: worker) }
            guard state.waiting.count < self.capacity else { return .refused }
            state.waiting.append(request)
            return .waits
        }
        switch submission {
        case .handed(let worker):
            worker.resume(returning: request)
            return true
        case .waits: return true
        case .refused: return false
        }
    }

    /// - Returns: The next request, or `nil` once the queue is closed.
    func next() async -> ServerRequest? {
        await withCheckedContinuation { continuation in
            let next = self.state.withLock { state -> Next in
                if state.isClosed { return .closed }
                if let request = state.waiting.popFirst() { return .request(request) }
                state.idle.append(continuation)
                return .waits
            }
            switch next {
            case .request(let request): continuation.resume(returning: request)
            case .closed: continuation.resume(returning: nil)
            case .waits: break
            }
        }
    }

    /// Drops what waits and ends every ``next()``.
    func close() {
        let idle = self.state.withLock { state in
            state.isClosed = true
            state.waiting.removeAll()
            defer { state.idle = [] }
            return state.idle
        }
        for worker in idle { worker.resume(returning: nil) }
    }
}
