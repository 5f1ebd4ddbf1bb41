import NIOCore
import NIOPosix

/// The UDP sockets of the system, on an event loop.
struct SystemDatagrams: DatagramNetwork {
    let eventLoop: any EventLoop

    private static let datagramsPerRead = 16

    /// The system picks the port.
    func open(
        to upstream: UpstreamAddress,
        answerByteCount: Int,
        _ report: @escaping @Sendable (DatagramEvent) -> Void
    ) {
        let address: SocketAddress
        do { address = try SocketAddress(upstream) } catch { return report(.failedToOpen(error)) }
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: Self.datagramsPerRead * answerByteCount)
        DatagramBootstrap(group: self.eventLoop)
            .channelOption(.datagramVectorReadMessageCount, value: Self.datagramsPerRead)
            .channelOption(.recvAllocator, value: allocator)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(report: report))
                }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): report(.opened(ChannelSocket(channel, report: report)))
                case .failure(let error): report(.failedToOpen(error))
                }
            }
    }

    private struct ChannelSocket: DatagramSocket {
        private let outbox: DatagramOutbox<ByteBuffer>

        init(_ channel: any Channel, report: @escaping @Sendable (DatagramEvent) -> Void) {
            self.outbox = DatagramOutbox(channel: channel) { report(.failed($0)) }
        }

        func send(_ datagram: [UInt8]) { self.outbox.send(ByteBuffer(bytes: datagram)) }
        func close() { self.outbox.channel.close(promise: nil) }
        func closeAndWait() async { await self.outbox.channel.closeAndWait() }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let report: @Sendable (DatagramEvent) -> Void

        init(report: @escaping @Sendable (DatagramEvent) -> Void) { self.report = report }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.report(.received(Array(self.unwrapInboundIn(data).data.readableBytesView)))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.report(.failed(error)) }

        func channelInactive(context: ChannelHandlerContext) { self.report(.closed) }
    }
}
