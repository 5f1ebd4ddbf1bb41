import NIOCore
import Synchronization

/// Collects datagrams from any task, and writes them in one go on the event loop.
///
/// What comes while the system can't take more is lost, as datagrams may be.
final class DatagramOutbox<Datagram: Sendable>: Sendable {
    let channel: any Channel
    private let waiting = Mutex<[Datagram]>([])
    private let onFailure: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - channel: The socket.
    ///   - onFailure: Called, on the event loop, with the error of a write that ends the channel.
    init(channel: any Channel, onFailure: @escaping @Sendable (any Error) -> Void = { _ in }) {
        self.channel = channel
        self.onFailure = onFailure
    }

    func send(_ datagram: Datagram) {
        let isFirst = self.waiting.withLock { waiting in
            waiting.append(datagram)
            return waiting.count == 1
        }
        if isFirst { self.channel.eventLoop.execute { self.flush() } }
    }

    private func flush() {
        var datagrams = self.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard self.channel.isWritable, let last = datagrams.popLast() else { return }
        for datagram in datagrams { self.channel.write(datagram, promise: nil) }
        self.channel.writeAndFlush(last).whenFailure(self.onFailure)
    }
}
