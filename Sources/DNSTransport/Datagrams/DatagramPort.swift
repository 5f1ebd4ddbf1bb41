import DNSWire
import Logging
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension NIOBSDSocket.Option {
    /// Lets other sockets of the same user be opened at the port, which get their share of what comes.
    fileprivate static let sharedPort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
}

/// A UDP socket of a server, opened again if the system ends it.
///
/// Datagrams are read many at a time, answered on the event loop as far as that takes no waiting, and the answers written
/// together. A failed send ends a NIO datagram channel for most reasons, and who sends us a datagram chooses where its
/// answer goes to. So a lost socket is replaced, and no answer is sent to an address that is known to fail.
final class DatagramPort: Sendable {
    private enum State {
        case opening
        case open(DatagramOutbox<AddressedEnvelope<ByteBuffer>>)
        case closed
    }

    private let state = Mutex(State.opening)
    private let sharesPort = Atomic(false)
    private let address: SocketAddress
    private let number: Int
    private let eventLoop: any EventLoop
    private let responder: any DNSResponder
    private let queue: WorkQueue
    private let logger: Logger
    private let onFailure: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - address: Where to listen.
    ///   - number: Which of the server's sockets this is.
    ///   - eventLoop: What carries the socket.
    ///   - responder: What answers at once.
    ///   - queue: Who takes the other messages; a full one loses them.
    ///   - logger: Gets the losses.
    ///   - onFailure: Called if a lost socket can't be replaced.
    init(
        address: SocketAddress,
        number: Int,
        eventLoop: any EventLoop,
        responder: any DNSResponder,
        queue: WorkQueue,
        logger: Logger,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.address = address
        self.number = number
        self.eventLoop = eventLoop
        self.responder = responder
        self.queue = queue
        self.logger = logger
        self.onFailure = onFailure
    }

    /// 8,192 bytes, as much as the reference takes.
    private static let maximumRequestByteCount = 8_192
    private static let requestsPerRead = 32

    /// Opens the socket; `sharesPort` tells whether the port belongs to another socket of this server too.
    func open(sharesPort: Bool) -> EventLoopFuture<Void> {
        self.sharesPort.store(sharesPort, ordering: .relaxed)
        let allocator = FixedSizeRecvByteBufferAllocator(
            capacity: Self.requestsPerRead * Self.maximumRequestByteCount
        )
        let bootstrap = DatagramBootstrap(group: self.eventLoop)
            .channelOption(.datagramVectorReadMessageCount, value: Self.requestsPerRead)
            .channelOption(.recvAllocator, value: allocator)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelOption(.writeBufferWaterMark, value: .init(low: 1 << 18, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(port: self))
                }
            }
        let sharing = sharesPort ? bootstrap.channelOption(.socketOption(.sharedPort), value: 1) : bootstrap
        return sharing.bind(to: self.address).flatMap { channel in self.adopt(channel) }
    }

    /// Lets sockets that are opened from now on share the port.
    func share() -> EventLoopFuture<Void> {
        guard case .open(let outbox) = self.state.withLock(\.self) else {
            return self.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        self.sharesPort.store(true, ordering: .relaxed)
        return outbox.channel.setOption(.socketOption(.sharedPort), value: 1)
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

    /// - Returns: The answer, if there is one at once.
    private func receive(_ envelope: AddressedEnvelope<ByteBuffer>) -> ByteBuffer? {
        guard let (address, port) = envelope.remoteAddress.source, port != 0, address.isUnicast else { return nil }
        let source = DNSSource(address: address, port: port, transport: .udp)
        var answer = ByteBuffer()
        switch self.responder.reflex(to: envelope.data, from: source, into: &answer) {
        case .answered: return answer
        case .silence: return nil
        case .takesTime:
            _ = self.queue.submit(
                ServerRequest(
                    bytes: Array(envelope.data.readableBytesView),
                    source: source,
                    replyPath: .datagram(envelope.remoteAddress, socket: self.number)
                )
            )
            return nil
        }
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
        self.open(sharesPort: self.sharesPort.load(ordering: .relaxed)).whenFailure(self.onFailure)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let port: DatagramPort
        private var hasWritten = false

        init(port: DatagramPort) {
            self.port = port
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = self.unwrapInboundIn(data)
            guard let answer = self.port.receive(envelope), context.channel.isWritable else { return }
            self.hasWritten = true
            context.write(
                self.wrapOutboundOut(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: answer)),
                promise: nil
            )
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            guard self.hasWritten else { return }
            self.hasWritten = false
            context.flush()
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.port.lost()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.port.logger.debug("DNS server's UDP socket reports an error", metadata: ["error": "\(error)"])
        }
    }
}
