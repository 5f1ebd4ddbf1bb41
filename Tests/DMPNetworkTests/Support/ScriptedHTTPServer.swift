import NIOCore
import NIOPosix
import NIOSSL

/// A request as it came, and the connection on which it came.
struct ReceivedRequest: Sendable {
    /// 0 for the first request of all.
    let index: Int
    /// 0 for the first connection.
    let connection: Int
    /// Request line and headers, lines ended by CRLF.
    let head: String
    let body: String
}

/// What a scripted server does with a request.
enum ScriptedReply: Sendable {
    /// Sends this text as it is; the connection stays open.
    case send(String)
    /// Sends this text and closes the connection.
    case sendAndClose(String)
    /// Answers like ``send(_:)`` as soon as this many requests wait for it.
    case sendTogether(String, count: Int)
    /// Never answers.
    case silence
    /// Sends this text, then the byte "x" without end.
    case sendEndlessly(String)

    static func answer(_ status: String, headers: String = "", body: String = "") -> ScriptedReply {
        .send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    static let created = ScriptedReply.answer("201 Created", body: #"{"ok": true}"#)

    /// The way of the reference node: HTTP/1.0, and the connection ends.
    static let createdAndClosed = ScriptedReply.sendAndClose(
        "HTTP/1.0 201 Created\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"ok\": true}"
    )
}

/// An HTTP server on loopback that follows a script and writes down what came.
final class ScriptedHTTPServer: Sendable {
    typealias Script = @Sendable (ReceivedRequest) -> ScriptedReply

    struct Journal: Sendable {
        var requests: [ReceivedRequest] = []
        var connections = 0
        /// Requests that came and weren't answered yet.
        var inFlight = 0
        var mostInFlight = 0
        /// Sent to every connection before anything has come from it.
        var greeting = ""
        var held: [@Sendable () -> Void] = []
        var open: [any Channel] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let port: Int
    private let listener: any Channel
    private let journal: Shared<Journal>

    private init(listener: any Channel, journal: Shared<Journal>) {
        self.port = listener.localAddress?.port ?? 0
        self.listener = listener
        self.journal = journal
    }

    var requests: [ReceivedRequest] { self.journal.value.requests }
    var connectionCount: Int { self.journal.value.connections }
    var mostInFlight: Int { self.journal.value.mostInFlight }

    /// Returns once at least `count` requests have come.
    func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = self.journal.change { journal in
                if journal.requests.count < count { journal.watchers.append((count, continuation)) }
                return journal.requests.count >= count
            }
            if isReady { continuation.resume() }
        }
    }

    var url: String { "http://127.0.0.1:\(self.port)" }

    /// Returns once at least `count` connections have come.
    func waitForConnections(_ count: Int) async {
        while self.connectionCount < count, !Task.isCancelled { await Task.yield() }
    }

    /// Closes all connections, or waits until the client has.
    func endConnections(byClient: Bool = false) async {
        let channels = self.journal.change { journal in
            defer { journal.open = [] }
            return journal.open
        }
        for channel in channels {
            if !byClient { channel.close(promise: nil) }
            await withCheckedContinuation { done in channel.closeFuture.whenComplete { _ in done.resume() } }
        }
    }

    /// Sends this text at the start of every connection from now on.
    func greet(_ text: String) {
        self.journal.change { $0.greeting = text }
    }

    /// Lets connections in that the system keeps until now.
    func accept() async throws {
        try await self.listener.setOption(.autoRead, value: true).get()
    }

    /// Runs `body` with a server that follows `script`, and stops the server.
    ///
    /// It lets `backlog` connections wait, five as the reference node does, or all of them until ``accept()``.
    static func run(
        acceptsAtOnce: Bool = true,
        backlog: Int32 = 5,
        security: NIOSSLContext? = nil,
        script: @escaping Script,
        _ body: (ScriptedHTTPServer) async throws -> Void
    ) async throws {
        let journal = Shared(Journal())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.autoRead, value: acceptsAtOnce)
            .childChannelInitializer { channel in
                let connection = journal.change { journal in
                    defer { journal.connections += 1 }
                    journal.open.append(channel)
                    return journal.connections
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let security {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedConnection(number: connection, journal: journal, script: script)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(ScriptedHTTPServer(listener: listener, journal: journal)))
        } catch {
            outcome = .failure(error)
        }
        try await group.shutdownGracefully()
        try outcome.get()
    }
}

/// One connection of a ``ScriptedHTTPServer``.
private final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let journal: Shared<ScriptedHTTPServer.Journal>
    private let script: ScriptedHTTPServer.Script
    private var received = ""

    init(number: Int, journal: Shared<ScriptedHTTPServer.Journal>, script: @escaping ScriptedHTTPServer.Script) {
        self.number = number
        self.journal = journal
        self.script = script
    }

    func channelActive(context: ChannelHandlerContext) {
        let greeting = self.journal.value.greeting
        if !greeting.isEmpty { context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: greeting)), promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += String(buffer: self.unwrapInboundIn(data))
        while let (head, body) = self.takeRequest() {
            let (request, ready) = self.journal.change { journal in
                let request = ReceivedRequest(
                    index: journal.requests.count,
                    connection: self.number,
                    head: head,
                    body: body
                )
                journal.requests.append(request)
                journal.inFlight += 1
                journal.mostInFlight = max(journal.mostInFlight, journal.inFlight)
                let ready = journal.watchers.filter { $0.count <= journal.requests.count }
                journal.watchers.removeAll { $0.count <= journal.requests.count }
                return (request, ready.map(\.continuation))
            }
            for continuation in ready { continuation.resume() }
            self.follow(self.script(request), on: context.channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func takeRequest() -> (head: String, body: String)? {
        guard let end = self.received.firstRange(of: "\r\n\r\n") else { return nil }
        let head = String(self.received[..<end.lowerBound])
        let length =
            head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
        let rest = self.received[end.upperBound...]
        guard rest.utf8.count >= length else { return nil }
        let body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
        self.received = String(decoding: rest.utf8.dropFirst(length), as: UTF8.self)
        return (head, body)
    }

    private func follow(_ reply: ScriptedReply, on channel: any Channel) {
        switch reply {
        case .silence: break
        case .send(let text): self.finish(text, on: channel)
        case .sendAndClose(let text):
            self.finish(text, on: channel)
            channel.close(promise: nil)
        case .sendEndlessly(let text):
            self.finish(text, on: channel)
            Self.pour(into: channel)
        case .sendTogether(let text, let count):
            let journal = self.journal
            let due = journal.change { journal in
                journal.held.append { Self.finish(text, on: channel) }
                guard journal.held.count >= count else { return [@Sendable () -> Void]() }
                defer { journal.held = [] }
                journal.inFlight -= journal.held.count
                return journal.held
            }
            for action in due { action() }
        }
    }

    private func finish(_ text: String, on channel: any Channel) {
        self.journal.change { $0.inFlight -= 1 }
        Self.finish(text, on: channel)
    }

    private static func finish(_ text: String, on channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Writes until the peer has had enough.
    private static func pour(into channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(repeating: UInt8(ascii: "x"), count: 4096)).whenSuccess {
            channel.eventLoop.execute { Self.pour(into: channel) }
        }
    }
}
