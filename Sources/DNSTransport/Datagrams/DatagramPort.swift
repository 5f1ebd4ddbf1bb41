import DNSWire
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The UDP socket of a server, opened again if the system ends it.
///
/// A failed send ends a NIO datagram channel for most reasons, and who sends us a datagram chooses where its answer goes
/// to. So a lost socket is replaced, and no answer is sent to an address that is known to fail.
final class DatagramPort: Sendable {
    private enum State {
        case opening
        case open(DatagramOutbox<AddressedEnvelope<ByteBuffer>>)
        case closed
    }

    private let state = Mutex(State.opening)
    private let address: SocketAddress
    private let eventLoop: any EventLoop
    private let queue: WorkQueue
    private let logger: Logger
    private let onFailure: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - address: Where to listen.
    ///   - eventLoop: What carries the socket.
    ///   - queue: Who takes the messages; a full one loses them.
    ///   - logger: Gets the losses.
    ///   - onFailure: Called if a lost socket can't be replaced.
    init(
        address: SocketAddress,
        eventLoop: any EventLoop,
        queue: WorkQueue,
        logger: Logger,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.address = address
        self.eventLoop = eventLoop
        self.queue = queue
        self.logger = logger
        self.onFailure = onFailure
    }

    /// 8,192 bytes, as much as the reference takes.
    private static let maximumRequestByteCount = 8_192
    private static let requestsPerRead = 16

    func open() -> EventLoopFuture<Void> {
        let allocator = FixedSizeRecvByteBufferAllocator(
            capacity: Self.requestsPerRead * Self.maximumRequestByteCount
        )
        return DatagramBootstrap(group: self.eventLoop)
            .channelOption(.datagramVectorReadMessageCount, value: Self.requestsPerRead)
            .channelOption(.recvAllocator, value: allocator)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelOption(.writeBufferWaterMark, value: .init(low: 1 << 18, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(port: self))
                }
            }
            .bind(to: self.address)
            .flatMap { channel in self.adopt(channel) }
    }

    func close() async {
        let channel = self.state.withLock { state -> (any Channel)? in
            defer { state = .closed }
            guard case .open(let outbox) = state else { return nil }
            return outbox.channel
        }
        await channel?.closeAndWait()
    }

    /// Sends an answer, which is lost if the system can't take it.
    func send(_ bytes: [UInt8], to address: SocketAddress) {
        guard case .open(let outbox) = self.state.withLock(\.self) else { return }
        outbox.send(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
    }

    private func adopt(_ channel: any Channel) -> EventLoopFuture<Void> {
        let isWanted = self.state.withLock { state in
            if case .closed = state { return false }
            state = .open(DatagramOutbox(channel: channel))
            return true
        }
        return isWanted ? channel.eventLoop.makeSucceededVoidFuture() : channel.close()
    }

    private func receive(_ envelope: AddressedEnvelope<ByteBuffer>) {
        guard let (address, port) = envelope.remoteAddress.source, port != 0, address.isUnicast else { return }
        _ = self.queue.submit(
            ServerRequest(
                bytes: Array(envelope.data.readableBytesView),
                source: DNSSource(address: address, port: port, transport: .udp),
                replyPath: .datagram(envelope.remoteAddress)
            )
        )
    }

    private func lost() {
        let isWanted = self.state.withLock { state in
            guard case .open = state else { return false }
            state = .opening
            return true
        }
        guard isWanted else { return }
        self.logger.warning(
            "DNS server lost its UDP socket and opens it again",
            metadata: ["address": "\(self.address)"]
        )
        self.open().whenFailure(self.onFailure)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let port: DatagramPort

        init(port: DatagramPort) {
            self.port = port
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.port.receive(self.unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.port.lost()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.port.logger.debug("DNS server's UDP socket reports an error", metadata: ["error": "\(error)"])
        }
    }
}
