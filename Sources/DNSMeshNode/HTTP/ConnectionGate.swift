private import DNSWire
internal import NIOCore
private import Synchronization

/// Closes HTTP connections that are too many, before anything is read from them.
final class ConnectionGate: Sendable {
    private let counts: Mutex<ConnectionCounts>

    init(maximum: Int, maximumPerSource: Int) {
        self.counts = Mutex(ConnectionCounts(maximum: maximum, maximumPerSource: maximumPerSource))
    }

    /// A handler for one connection.
    func handler() -> any RemovableChannelHandler { Handler(gate: self) }

    private final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        private let gate: ConnectionGate
        private var source: DNSWire.IPAddress?

        init(gate: ConnectionGate) {
            self.gate = gate
        }

        func channelActive(context: ChannelHandlerContext) {
            if let source = context.remoteAddress?.ipAddress.flatMap({ DNSWire.IPAddress($0) })?.unmapped {
                if self.gate.counts.withLock({ $0.open(from: source) }) {
                    self.source = source
                    // Bounds what a connection keeps in memory: some buffers of this size wait for its task.
                    let buffers = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: 16_384)
                    context.channel.setOption(.recvAllocator, value: buffers).whenFailure {
                        [channel = context.channel] _ in
                        channel.close(promise: nil)
                    }
                } else {
                    context.close(promise: nil)
                }
            }
            context.fireChannelActive()
        }

        func channelInactive(context: ChannelHandlerContext) {
            if let source = self.source {
                self.gate.counts.withLock { $0.close(from: source) }
                self.source = nil
            }
            context.fireChannelInactive()
        }
    }
}
