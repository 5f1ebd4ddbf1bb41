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
/// it hold more than a few messages. Answers go out as they are ready, in any order (RFC 7766, 6.2.1.1): those that take
/// no waiting at once, together.
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = StreamReply
    typealias OutboundOut = ByteBuffer

    private let configuration: DNSServerConfiguration
    private let source: DNSSource
    private let responder: any DNSResponder
    private let queue: WorkQueue
    private let connections: ConnectionTable
    private let clock: ErasedClock

    private var framing = MessageFraming()
    private var inFlight = 0
    private var messageStart: ErasedClock.Instant?
    private var stallStart: ErasedClock.Instant?
    private var isReadHeld = false
    private var isInputClosed = false
    private var isTaking = false

    init(
        configuration: DNSServerConfiguration,
        source: DNSSource,
        responder: any DNSResponder,
        queue: WorkQueue,
        connections: ConnectionTable,
        clock: ErasedClock
    ) {
        self.configuration = configuration
        self.source = source
        self.responder = responder
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
            self.closeIfDone(context)
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

    private enum Step {
        case goesOn
        /// The rest of a message is yet to come.
        case waits
        case ends
    }

    /// Takes what has come as far as it may. Writing may turn the channel unwritable and back, which calls this again.
    private func takeMessages(context: ChannelHandlerContext) {
        guard !self.isTaking else { return }
        self.isTaking = true
        var step = Step.goesOn
        repeat {
            var hasWritten = false
            while step == .goesOn, self.mayRead(context) { step = self.takeNext(context, hasWritten: &hasWritten) }
            if hasWritten { context.flush() }
        } while step == .goesOn && self.mayRead(context)
        guard step != .ends else {
            context.close(promise: nil)
            return
        }
        self.isTaking = false
        self.updateDue(context.channel)
        guard step == .waits else { return }
        self.closeIfDone(context)
        if self.isReadHeld {
            self.isReadHeld = false
            context.read()
        }
    }

    private func takeNext(_ context: ChannelHandlerContext, hasWritten: inout Bool) -> Step {
        switch self.framing.nextPiece() {
        case .message(let bytes):
            self.messageStart = nil
            guard let isAnswered = self.take(bytes, context: context) else { return .ends }
            hasWritten = hasWritten || isAnswered
            return .goesOn
        case .empty:
            return .ends
        case .incomplete:
            self.messageStart = self.framing.hasPartialMessage ? self.messageStart ?? self.clock.now : nil
            return .waits
        }
    }

    /// Answers a message at once, or hands it to the workers.
    ///
    /// - Returns: Whether an answer was written; `nil` if the connection must end.
    private func take(_ message: ByteBuffer, context: ChannelHandlerContext) -> Bool? {
        var answer = ByteBuffer()
        answer.writeInteger(UInt16(0))
        switch self.responder.reflex(to: message, from: self.source, into: &answer) {
        case .answered:
            guard let length = UInt16(exactly: answer.readableBytes - 2) else { return nil }
            answer.setInteger(length, at: answer.readerIndex)
            context.write(self.wrapOutboundOut(answer), promise: nil)
            return true
        case .silence:
            return nil
        case .takesTime:
            let request = ServerRequest(
                bytes: Array(message.readableBytesView),
                source: self.source,
                replyPath: .stream(context.channel)
            )
            guard self.queue.submit(request) else { return nil }
            self.inFlight += 1
            return false
        }
    }

    /// Ends the connection of a peer that asks no more, once it has all its answers.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard self.isInputClosed, self.inFlight == 0, !self.isTaking, context.channel.isWritable else { return }
        let channel = context.channel
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    // MARK: To the peer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .answer(let bytes) = self.unwrapOutboundIn(data), let frame = MessageFraming.frame(bytes) else {
            context.close(promise: promise)
            return
        }
        self.inFlight -= 1
        context.write(self.wrapOutboundOut(frame), promise: promise)
        self.takeMessages(context: context)
        self.closeIfDone(context)
    }

    /// Sets when this connection ends: a message or a reader that takes too long, or nothing to do at all.
    private func updateDue(_ channel: any Channel) {
        let slow = [self.messageStart, self.stallStart].compactMap(\.self).min()
        let due = slow?.advanced(by: self.configuration.messageTimeout)
        let idle = self.inFlight == 0 ? self.clock.now.advanced(by: self.configuration.idleTimeout) : nil
        self.connections.setDue(due ?? idle, of: channel)
    }
}
