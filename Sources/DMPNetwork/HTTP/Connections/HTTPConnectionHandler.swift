import NIOCore
import NIOHTTP1
import NIOTLS

/// One connection: writes requests in the order in which they come, and gives each answer to the oldest of them.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPCall
    typealias OutboundOut = HTTPClientRequestPart

    /// The answer that is being read.
    private struct Incoming {
        let answer: HTTPAnswer
        var body = ByteBuffer()
        var timer: Scheduled<Void>?
    }

    private let owner: HTTPConnections
    private let number: Int
    /// Whether a handshake is awaited.
    private var isSecuring: Bool
    /// Whether it is the one of several attempts that is used.
    private var isChosen = false
    private var isReady = false
    private var isOver = false
    private var handshakeTimer: Scheduled<Void>?
    private var awaited: CircularBuffer<Int> = []
    private var incoming: Incoming?
    private var error: (any Error)?

    init(owner: HTTPConnections, number: Int, isEncrypted: Bool) {
        self.owner = owner
        self.number = number
        self.isSecuring = isEncrypted
    }

    // MARK: Opening

    /// Takes the connection into use once it is secure.
    func choose(on channel: any Channel) {
        self.isChosen = true
        if self.isOver { return self.reportFailure() }
        if self.isSecuring {
            self.handshakeTimer = channel.eventLoop.assumeIsolated().scheduleTask(in: HTTPConnections.openingLimit) {
                self.error = self.error ?? ChannelError.connectTimeout(HTTPConnections.openingLimit)
                channel.close(promise: nil)
            }
        }
        self.becomeReady(channel)
    }

    private func becomeReady(_ channel: any Channel) {
        guard self.isChosen, !self.isSecuring, !self.isReady, !self.isOver else { return }
        self.isReady = true
        self.handshakeTimer?.cancel()
        self.owner.opened(self.number, channel)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            self.isSecuring = false
            self.becomeReady(context.channel)
        case is IdleStateHandler.IdleStateEvent:
            self.owner.idled(self.number)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Requests and answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = self.unwrapOutboundIn(data)
        self.awaited.append(call.number)
        context.write(self.wrapOutboundOut(.head(call.head)), promise: nil)
        if let body = call.body { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.write(self.wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            // Nobody has asked: what follows would be taken for the answer to the next request.
            guard !self.awaited.isEmpty, self.incoming == nil else { return context.close(promise: nil) }
            let answer = HTTPAnswer(status: Int(head.status.code), version: head.version, headers: head.headers)
            self.incoming = Incoming(answer: answer)
        case .body(var bytes):
            guard let read = self.incoming?.body.readableBytes else { return }
            if read + bytes.readableBytes <= HTTPConnections.answerByteLimit {
                self.incoming?.body.writeBuffer(&bytes)
            } else {
                self.giveUpBody(context.channel)
            }
        case .end:
            self.deliver(isComplete: true)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.incoming != nil, self.incoming?.timer == nil {
            let channel = context.channel
            self.incoming?.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.owner.bodyTimeout) {
                self.giveUpBody(channel)
            }
        }
        context.fireChannelReadComplete()
    }

    /// Does without the rest of the answer, and so without the connection.
    private func giveUpBody(_ channel: any Channel) {
        self.deliver(isComplete: false)
        channel.close(promise: nil)
    }

    private func deliver(isComplete: Bool) {
        guard let incoming = self.incoming, let call = self.awaited.popFirst() else { return }
        incoming.timer?.cancel()
        self.incoming = nil
        let reply = HTTPReply(answer: incoming.answer, body: isComplete ? incoming.body : nil)
        self.owner.received(reply, to: call, over: self.number)
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = self.error ?? error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
    }

    private func end() {
        guard !self.isOver else { return }
        self.isOver = true
        self.handshakeTimer?.cancel()
        self.deliver(isComplete: false)
        if self.isChosen {
            self.reportFailure()
        } else if let error = self.error {
            self.owner.attemptEnded(self.number, because: error)
        }
    }

    private func reportFailure() {
        if !self.isReady {
            self.owner.failedToOpen(self.number, because: self.error ?? ChannelError.eof)
        } else if let error = self.error as? HTTPParserError, error != .invalidEOFState {
            self.owner.closed(self.number, because: .malformed(error))
        } else {
            self.owner.closed(self.number, because: .lost)
        }
    }
}
