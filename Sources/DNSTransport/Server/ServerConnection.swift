import NIOCore

/// What a worker has for a TCP connection.
enum StreamReply: Sendable {
    case answer([UInt8])
    /// No answer: the connection is closed.
    case nothing
}

/// One TCP connection of a server: frames in, replies out, and the deadlines that end it.
///
/// Reads nothing while too many of its messages are being worked on or its peer doesn't read, so that a peer can't make
/// it hold more than a few messages. Answers go out as they are ready, in any order (RFC 7766, 6.2.1.1).
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = StreamReply
    typealias OutboundOut = ByteBuffer

    private let configuration: DNSServerConfiguration
    private let source: DNSSource
    private let queue: WorkQueue
    private let connections: ConnectionTable
    private let clock: ErasedClock

    private var framing = MessageFraming()
    private var inFlight = 0
    private var messageStart: ErasedClock.Instant?
    private var stallStart: ErasedClock.Instant?
    private var isReadHeld = false
    private var isInputClosed = false

    init(
        configuration: DNSServerConfiguration,
        source: DNSSource,
        queue: WorkQueue,
        connections: ConnectionTable,
        clock: ErasedClock
    ) {
        self.configuration = configuration
        self.source = source
        self.queue = queue
        self.connections = connections
        self.clock = clock
    }

    func channelActive(context: ChannelHandlerContext) {
        let due = self.clock.now.advanced(by: self.configuration.idleTimeout)
        guard self.connections.admit(context.channel, from: self.source.address, until: due) else {
            context.close(promise: nil)
            return
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: From the peer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.framing.append(self.unwrapInboundIn(data))
        self.takeMessages(context: context)
    }

    func read(context: ChannelHandlerContext) {
        if self.mayRead(context) {
            context.read()
        } else {
            self.isReadHeld = true
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            self.isInputClosed = true
            if self.inFlight == 0 { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stallStart = context.channel.isWritable ? nil : self.clock.now
        self.takeMessages(context: context)
        context.fireChannelWritabilityChanged()
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        self.inFlight < self.configuration.maximumInFlightPerConnection && context.channel.isWritable
    }

    private func takeMessages(context: ChannelHandlerContext) {
        while self.mayRead(context) {
            switch self.framing.next() {
            case .message(let bytes):
                self.messageStart = nil
                let request = ServerRequest(
                    bytes: bytes,
                    source: self.source,
                    replyPath: .stream(context.channel)
                )
                guard self.queue.submit(request) else {
                    context.close(promise: nil)
                    return
                }
                self.inFlight += 1
            case .empty:
                context.close(promise: nil)
                return
            case .incomplete:
                self.messageStart = self.framing.hasPartialMessage ? self.messageStart ?? self.clock.now : nil
                self.updateDue(context.channel)
                if self.isReadHeld {
                    self.isReadHeld = false
                    context.read()
                }
                return
            }
        }
        self.updateDue(context.channel)
    }

    // MARK: To the peer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .answer(let bytes) = self.unwrapOutboundIn(data), let frame = MessageFraming.frame(bytes) else {
            context.close(promise: promise)
            return
        }
        self.inFlight -= 1
        guard self.isInputClosed, self.inFlight == 0 else {
            context.write(self.wrapOutboundOut(frame), promise: promise)
            self.takeMessages(context: context)
            return
        }
        let channel = context.channel
        context.write(self.wrapOutboundOut(frame)).whenComplete { _ in channel.close(promise: promise) }
    }

    /// Sets when this connection ends: a message or a reader that takes too long, or nothing to do at all.
    private func updateDue(_ channel: any Channel) {
        let slow = [self.messageStart, self.stallStart].compactMap(\.self).min()
        let due = slow?.advanced(by: self.configuration.messageTimeout)
        let idle = self.inFlight == 0 ? self.clock.now.advanced(by: self.configuration.idleTimeout) : nil
        self.connections.setDue(due ?? idle, of: channel)
    }
}
