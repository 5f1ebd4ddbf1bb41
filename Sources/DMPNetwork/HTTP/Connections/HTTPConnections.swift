import DNSTransport
import DNSWire
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The connections to one node: does what their ``HTTPConnectionTable`` decides.
///
/// Redirects are not followed, and nothing is sent twice, unless its connection ended before the answer.
final class HTTPConnections: Sendable {
    /// The most bytes of an answer, and of its head, that are read.
    static let answerByteLimit = 65_536
    /// How long a connection may take to open, and as long again to become secure.
    static let openingLimit = TimeAmount.seconds(10)
    /// How long a connection is kept without use.
    static let idleLimit = TimeAmount.seconds(60)

    private typealias Completion = CheckedContinuation<HTTPReply, any Error>

    private struct State: Sendable {
        var table: HTTPConnectionTable
        var channels: [Int: any Channel] = [:]
        var callers: [Int: (call: HTTPCall, completion: Completion)] = [:]
        var lastCall = 0
        /// Why attempts to open a connection ended.
        var reasons: [Int: any Error] = [:]
        var security: EventLoopFuture<NIOSSLContext>?
    }

    /// What is to be done once no lock is held.
    private struct Actions: Sendable {
        var sends: [(channel: any Channel, call: HTTPCall)] = []
        var ended: [(completion: Completion, result: Result<HTTPReply, any Error>)] = []
        var closing: [any Channel] = []
        var openings: [(connection: Int, delay: Duration)] = []
    }

    let bodyTimeout: TimeAmount
    private let endpoint: HTTPEndpoint
    private let clock: ErasedClock
    private let trustRoots: [UInt8]?
    private let eventLoop: any EventLoop
    private let state: Mutex<State>

    /// - Parameters:
    ///   - endpoint: The node.
    ///   - pace: How fast connections are opened.
    ///   - clock: Counts the time that answers take.
    ///   - bodyTimeout: How long the rest of an answer may take once its status is known.
    ///   - trustRoots: Certificates, PEM, that are trusted in place of the system's.
    init(
        to endpoint: HTTPEndpoint,
        pace: ConnectionPace,
        clock: ErasedClock,
        bodyTimeout: Duration = .seconds(2),
        trustRoots: [UInt8]? = nil
    ) {
        self.endpoint = endpoint
        self.clock = clock
        self.bodyTimeout = TimeAmount(bodyTimeout)
        self.trustRoots = trustRoots
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        self.state = Mutex(State(table: HTTPConnectionTable(pace: pace)))
    }

    var pace: ConnectionPace { self.state.withLock(\.table.pace) }

    /// Opens connections ahead of `count` requests, and doesn't wait for them.
    func prepare(for count: Int) {
        self.update { state, _ in state.table.prepare(for: count, at: self.clock.now) }
    }

    /// Sends a request and waits for the answer, however long it takes.
    ///
    /// - Throws: ``HTTPConnectionError``, and `CancellationError`.
    func perform(_ head: HTTPRequestHead, body: [UInt8] = []) async throws -> HTTPReply {
        let number = self.state.withLock { state in
            state.lastCall += 1
            return state.lastCall
        }
        let call = HTTPCall(number: number, head: head, body: body.isEmpty ? nil : ByteBuffer(bytes: body))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { completion in
                self.update { state, actions in
                    // Under the lock: a cancellation before it is seen here, one after it finds the caller.
                    guard !Task.isCancelled else {
                        actions.ended.append((completion, .failure(CancellationError())))
                        return .init()
                    }
                    state.callers[number] = (call, completion)
                    return state.table.add(number, at: self.clock.now)
                }
            }
        } onCancel: {
            self.update { state, actions in
                if let caller = state.callers.removeValue(forKey: number) {
                    actions.ended.append((caller.completion, .failure(CancellationError())))
                }
                return state.table.cancel(number, at: self.clock.now)
            }
        }
    }

    /// Ends all requests, and returns when the connections are closed.
    func close() async {
        var actions = self.state.withLock { state in
            let effects = state.table.close()
            return Self.actions(for: effects, in: &state, now: self.clock.now)
        }
        let channels = actions.closing
        actions.closing = []
        self.perform(actions)
        for channel in channels { await channel.closeAndWait() }
    }
}

// MARK: - What connections tell

extension HTTPConnections {
    func opened(_ number: Int, _ channel: any Channel) {
        self.update { state, actions in
            guard let effects = state.table.opened(number, at: self.clock.now) else {
                actions.closing.append(channel)
                return .init()
            }
            state.reasons[number] = nil
            state.channels[number] = channel
            return effects
        }
    }

    /// One of the attempts has ended, perhaps the only one.
    func attemptEnded(_ number: Int, because error: any Error) {
        self.state.withLock { $0.reasons[number] = error }
    }

    func failedToOpen(_ number: Int, because error: any Error) {
        self.update { state, _ in
            let reason = state.reasons.removeValue(forKey: number) ?? error
            return state.table.failedToOpen(number, because: .notOpened(reason), at: self.clock.now)
        }
    }

    func received(_ reply: HTTPReply, to call: Int, over number: Int) {
        self.update { state, actions in
            let (isAwaited, effects) = state.table.received(
                call,
                over: number,
                keepsConnection: reply.keepsConnection,
                at: self.clock.now
            )
            if isAwaited, let caller = state.callers.removeValue(forKey: call) {
                actions.ended.append((caller.completion, .success(reply)))
            }
            return effects
        }
    }

    func idled(_ number: Int) {
        self.update { state, _ in state.table.idled(number) }
    }

    func closed(_ number: Int, because error: HTTPConnectionError) {
        self.update { state, _ in
            state.channels[number] = nil
            return state.table.closed(number, because: error, at: self.clock.now)
        }
    }
}

// MARK: - Doing what was decided

extension HTTPConnections {
    private func update(_ change: (inout State, inout Actions) -> HTTPConnectionTable.Effects) {
        let actions = self.state.withLock { state in
            var actions = Actions()
            let effects = change(&state, &actions)
            let decided = Self.actions(for: effects, in: &state, now: self.clock.now)
            actions.sends = decided.sends
            actions.ended += decided.ended
            actions.closing += decided.closing
            actions.openings = decided.openings
            return actions
        }
        self.perform(actions)
    }

    private static func actions(
        for effects: HTTPConnectionTable.Effects,
        in state: inout State,
        now: ErasedClock.Instant
    ) -> Actions {
        var actions = Actions()
        for (call, number) in effects.sends {
            guard let channel = state.channels[number], let caller = state.callers[call] else { continue }
            actions.sends.append((channel, caller.call))
        }
        for (call, error) in effects.failures {
            guard let caller = state.callers.removeValue(forKey: call) else { continue }
            actions.ended.append((caller.completion, .failure(error)))
        }
        actions.closing = effects.closings.compactMap { state.channels.removeValue(forKey: $0) }
        actions.openings = effects.openings.map { ($0.connection, now.duration(to: $0.start)) }
        return actions
    }

    private func perform(_ actions: Actions) {
        for (channel, call) in actions.sends { channel.write(call, promise: nil) }
        var flushed: Set<ObjectIdentifier> = []
        for (channel, _) in actions.sends where flushed.insert(ObjectIdentifier(channel)).inserted { channel.flush() }
        for (completion, result) in actions.ended { completion.resume(with: result) }
        for channel in actions.closing { channel.close(promise: nil) }
        for (number, delay) in actions.openings {
            if delay > .zero {
                self.eventLoop.scheduleTask(in: TimeAmount(delay)) { self.open(number) }
            } else {
                self.open(number)
            }
        }
    }

    private func open(_ number: Int) {
        guard self.state.withLock({ $0.table.begin(number, at: self.clock.now) }) else { return }
        let channel: EventLoopFuture<any Channel>
        if self.endpoint.isEncrypted {
            channel = self.security.flatMap { self.connect(number, securedBy: $0) }
        } else {
            channel = self.connect(number, securedBy: nil)
        }
        channel.whenComplete { result in
            switch result {
            case .success(let channel): self.choose(channel, as: number)
            case .failure(let error): self.failedToOpen(number, because: error)
            }
        }
    }

    /// Several attempts may have reached the node; this is the one to use.
    private func choose(_ channel: any Channel, as number: Int) {
        do {
            try channel.pipeline.syncOperations.handler(type: HTTPConnectionHandler.self).choose(on: channel)
        } catch {
            channel.close(promise: nil)  // it has ended already
            self.failedToOpen(number, because: error)
        }
    }

    private func connect(_ number: Int, securedBy security: NIOSSLContext?) -> EventLoopFuture<any Channel> {
        let literal = IPAddress(self.endpoint.host)
        let host = self.endpoint.host
        let port = Int(self.endpoint.port ?? (self.endpoint.isEncrypted ? 443 : 80))
        let bootstrap = ClientBootstrap(group: self.eventLoop)
            .connectTimeout(Self.openingLimit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security {
                        let name = literal == nil ? host : nil
                        try pipeline.addHandler(NIOSSLClientHandler(context: security, serverHostname: name))
                    }
                    try pipeline.addHandler(IdleStateHandler(allTimeout: Self.idleLimit))
                    try pipeline.addHTTPClientHandlers(decoderLimitConfiguration: Self.answerLimits)
                    try pipeline.addHandler(
                        HTTPConnectionHandler(owner: self, number: number, isEncrypted: security != nil)
                    )
                }
            }
        guard literal != nil else { return bootstrap.connect(host: host, port: port) }
        do {
            return bootstrap.connect(to: try SocketAddress(ipAddress: host, port: port))
        } catch {
            return self.eventLoop.makeFailedFuture(error)
        }
    }

    private static var answerLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Self.answerByteLimit
        limits.maxHeaderListSize = Self.answerByteLimit
        return limits
    }

    /// What connections are secured by; made when the first is opened, off the event loop, as it reads files.
    private var security: EventLoopFuture<NIOSSLContext> {
        let (eventLoop, trustRoots) = (self.eventLoop, self.trustRoots)
        return self.state.withLock { state in
            if let security = state.security { return security }
            let security = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
                try NIOSSLContext(configuration: .node(trustRoots: trustRoots))
            }
            state.security = security
            return security
        }
    }
}

extension TLSConfiguration {
    /// Certificates are verified in full, against the name or the address of the node.
    fileprivate static func node(trustRoots: [UInt8]?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .milliseconds(500)
        if let trustRoots {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(trustRoots))
        }
        return configuration
    }
}
