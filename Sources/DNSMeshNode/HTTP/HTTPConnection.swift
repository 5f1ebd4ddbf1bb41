internal import DNSWire
internal import NIOCore
internal import NIOHTTP1

/// One HTTP/1.1 connection: the parts of requests in, the bytes of answers out, all on its event loop.
///
/// Several requests may be worked on at once; reads nothing more while these are too many or the peer doesn't read. Answers
/// that get ready together go out together.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Piece {
        case part(HTTPServerRequestPart)
        /// What follows is no HTTP.
        case unreadable
        case end
    }

    private let api: NodeAPI
    private let source: DNSWire.IPAddress
    private let connections: HTTPConnections
    private let times: Times

    private var context: ChannelHandlerContext?
    private var reader = RequestReader()
    private var turns = AnswerTurns()
    private var date = HTTPDate()
    /// What has come and can't be taken yet: what one reading from the socket gave, at most.
    private var waiting: CircularBuffer<Piece> = []
    private var output = ByteBuffer()

    private var isReading = false
    private var isReadHeld = false
    /// Whether the requests that are worked on only read.
    private var isReadInFlight = false
    private var isSettling = false
    private var willSettle = false
    private var owesContinue = false
    /// Whether the request that is being read is the last one.
    private var isStopping = false
    /// Whether nothing more is taken; the connection ends with the last answer.
    private var hasEnded = false
    private var isInputClosed = false

    private var activeTime = NIODeadline.now()
    private var requestTime: NIODeadline?
    private var drainTime: NIODeadline?
    private var stallTime: NIODeadline?
    private var lingerTime: NIODeadline?
    private var timer: Scheduled<Void>?

    /// How long a client may take.
    struct Times: Sendable {
        /// To begin a request, to send the rest of one, or to read answers.
        var silence = TimeAmount.seconds(10)
        /// To notice that nobody wants what it sends, so that it sees the answer.
        var drain = TimeAmount.milliseconds(500)
    }

    /// The most requests of one connection that are worked on.
    private static let maximumInFlight = 16

    init(api: NodeAPI, source: DNSWire.IPAddress, connections: HTTPConnections, times: Times) {
        self.api = api
        self.source = source
        self.connections = connections
        self.times = times
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.timer?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        guard self.connections.admit(context.channel, from: self.source) else {
            context.close(promise: nil)
            return
        }
        self.activeTime = .now()
        self.setTimer(at: self.activeTime + self.times.silence)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connections.remove(context.channel, from: self.source)
        context.fireChannelInactive()
    }

    // MARK: From the peer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isReading = true
        self.offer(.part(self.unwrapInboundIn(data)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.settle()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            context.close(promise: nil)
            return
        }
        self.offer(.unreadable)
        if !self.isReading { self.settle() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            self.isInputClosed = true
            if self.lingerTime != nil { context.close(promise: nil) }
            self.offer(.end)
            self.settle()
        } else if event is ChannelShouldQuiesceEvent {
            self.stop()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stallTime = context.channel.isWritable ? nil : .now()
        self.settle()
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if self.mayRead(context) {
            context.read()
        } else {
            self.isReadHeld = true
        }
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        guard self.lingerTime == nil else { return true }
        guard !self.hasEnded, self.waiting.isEmpty, context.channel.isWritable else { return false }
        return self.reader.isInRequest || self.turns.count < Self.maximumInFlight
    }

    // MARK: Requests

    private func offer(_ piece: Piece) {
        guard !self.hasEnded else { return }
        if self.waiting.isEmpty, self.mayTake(piece) { self.take(piece) } else { self.waiting.append(piece) }
    }

    /// Writes end up in the store in the order of their requests. But a read waits for the writes before it, and the
    /// other way round.
    private func mayTake(_ piece: Piece) -> Bool {
        guard case .part(.head(let head)) = piece else { return true }
        guard self.context?.channel.isWritable == true else { return false }
        return self.turns.isEmpty
            || self.turns.count < Self.maximumInFlight && head.isRead == self.isReadInFlight
    }

    private func take(_ piece: Piece) {
        switch piece {
        case .part(let part):
            if case .head(let head) = part {
                self.requestTime = .now()
                self.isReadInFlight = head.isRead
            }
            switch self.reader.take(part) {
            case .nothing: break
            case .wantsContinue: self.owesContinue = true
            case .request(let request): self.ask(request)
            }
            if !self.reader.isInRequest { (self.requestTime, self.drainTime) = (nil, nil) }
        case .unreadable:
            let isAnswered = self.reader.isAnswered
            self.end()
            guard !isAnswered else { return }
            let turn = self.turns.open(HTTPAnswer.Form(connection: "close"))
            self.finish(turn, with: .empty(.badRequest))
        case .end:
            self.end()
        }
    }

    private func end() {
        self.hasEnded = true
        self.owesContinue = false
        self.waiting.removeAll()
        (self.requestTime, self.drainTime) = (nil, nil)
    }

    /// Takes no more requests than the one that has begun.
    private func stop() {
        self.isStopping = true
        self.waiting.removeAll()
        if !self.reader.isInRequest || self.reader.isAnswered { self.end() }
        self.settle()
    }

    private func ask(_ request: RequestReader.Request) {
        guard let context else { return }
        self.owesContinue = false
        let head = request.head
        let keepsOpen = request.keepsOpen && !self.isStopping
        var form = HTTPAnswer.Form(hasBody: head.method != .HEAD)
        if !keepsOpen { form.connection = "close" } else if head.version == .http1_0 { form.connection = "keep-alive" }
        let turn = self.turns.open(form)
        let question = HTTPQuestion(head, body: request.body, source: self.source)
        if !keepsOpen {
            self.end()
        } else if self.reader.drainsEndlessBody {
            let time = NIODeadline.now() + self.times.drain
            self.drainTime = time
            self.setTimer(at: time)
        }
        let eventLoop = context.eventLoop
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        self.api.answer(to: question) { answer in
            if eventLoop.inEventLoop {
                connection.value.finish(turn, with: answer)
            } else {
                eventLoop.execute {
                    connection.value.finish(turn, with: answer)
                    connection.value.settleSoon()
                }
            }
        }
    }

    // MARK: Answers

    private func finish(_ turn: Int, with answer: HTTPAnswer) {
        guard self.context != nil else { return }
        self.turns.finish(turn, with: answer)
        while let (answer, form) = self.turns.next() {
            answer.write(into: &self.output, form: form, date: self.date.text(self.api.now()))
        }
        if self.turns.isEmpty { self.activeTime = .now() }
    }

    /// Lets other answers that are ready by now go out at the same time.
    private func settleSoon() {
        guard !self.turns.isEmpty || !self.waiting.isEmpty else {
            self.settle()
            return
        }
        guard !self.willSettle, let context else { return }
        self.willSettle = true
        context.eventLoop.assumeIsolated().execute {
            self.willSettle = false
            self.settle()
        }
    }

    /// Takes what may be taken by now, sends what is ready, and reads on or ends.
    private func settle() {
        guard let context, !self.isSettling, self.lingerTime == nil else { return }
        self.isSettling = true
        repeat {
            while let piece = self.waiting.first, self.mayTake(piece) {
                self.waiting.removeFirst()
                self.take(piece)
            }
            if self.owesContinue, self.turns.isEmpty {
                self.owesContinue = false
                self.output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            }
            self.send(context)
        } while self.waiting.first.map(self.mayTake) == true && self.lingerTime == nil
        self.isSettling = false
        if self.isReadHeld, self.mayRead(context) {
            self.isReadHeld = false
            context.read()
        }
    }

    private func send(_ context: ChannelHandlerContext) {
        let bytes = self.output
        if bytes.readableBytes > 0 { self.output = ByteBuffer() }
        if self.hasEnded, self.turns.isEmpty {
            self.linger(context, after: bytes)
        } else if bytes.readableBytes > 0 {
            context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        }
    }

    /// Sends the last bytes, and waits a moment for the peer to close: what it still sends must not destroy the answer.
    private func linger(_ context: ChannelHandlerContext, after bytes: ByteBuffer) {
        let time = NIODeadline.now() + self.times.drain
        self.lingerTime = time
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            if self.isInputClosed { context.close(promise: nil) } else { context.close(mode: .output, promise: nil) }
        }
        self.setTimer(at: self.stallTime.map { $0 + self.times.silence } ?? time)
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: sent)
    }

    // MARK: Time

    /// When the connection ends unless something happens; `nil` while the node works for it.
    private var due: NIODeadline? {
        if let stallTime { return stallTime + self.times.silence }
        if let lingerTime { return lingerTime }
        if let drainTime { return drainTime }
        if let requestTime { return requestTime + self.times.silence }
        return self.turns.isEmpty ? self.activeTime + self.times.silence : nil
    }

    private func setTimer(at time: NIODeadline) {
        guard let context else { return }
        self.timer?.cancel()
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.timeIsUp() }
    }

    /// The timer is set anew only here, or for less time than before, so that most requests cost none.
    private func timeIsUp() {
        guard let context else { return }
        let now = NIODeadline.now()
        let due = self.due ?? now + self.times.silence
        if due <= now { context.close(promise: nil) } else { self.setTimer(at: due) }
    }
}

extension HTTPRequestHead {
    fileprivate var isRead: Bool { self.method == .GET || self.method == .HEAD }
}

extension HTTPQuestion {
    init(_ head: HTTPRequestHead, body: Body, source: DNSWire.IPAddress) {
        let tokens = head.headers["authorization"]
        self.init(
            method: Method(head.method),
            path: head.uri,
            authorization: tokens.isEmpty ? nil : tokens.joined(separator: ", "),
            body: body,
            source: source
        )
    }
}

extension HTTPQuestion.Method {
    fileprivate init(_ method: HTTPMethod) {
        self =
            switch method {
            case .GET: .get
            case .HEAD: .head
            case .POST: .post
            case .DELETE: .delete
            default: .other
            }
    }
}
