import NIOCore
import NIOPosix
import Synchronization

/// The TCP side of a ``DNSClient``: does what its ``StreamTable`` decides.
final class StreamExchanges: Sendable {
    private let table: Mutex<StreamTable>
    private let upstream: UpstreamAddress
    private let eventLoop: any EventLoop
    private let clock: ErasedClock
    private let deadlines: DeadlineLoop

    init(
        upstream: UpstreamAddress,
        configuration: DNSClientConfiguration,
        eventLoop: any EventLoop,
        clock: ErasedClock,
        deadlines: DeadlineLoop
    ) {
        self.table = Mutex(StreamTable(configuration: configuration, upstream: upstream))
        self.upstream = upstream
        self.eventLoop = eventLoop
        self.clock = clock
        self.deadlines = deadlines
    }

    func start(_ query: OutgoingQuery) {
        // The check belongs under the lock: a cancellation before it is seen here, one after it finds the entry.
        self.update { table in
            guard !Task.isCancelled else { return .init(ended: [query.ended(CancellationError())]) }
            return table.add(query, at: self.clock.now)
        }
    }

    func prepare() {
        self.update { $0.prepare() }
    }

    func cancel(_ number: UInt64) {
        self.update { $0.cancel(number, at: self.clock.now) }
    }

    var load: (queries: Int, sockets: Int) { self.table.withLock(\.load) }

    /// - Returns: When to be called again.
    func fire(at now: ErasedClock.Instant) -> ErasedClock.Instant? {
        var next: ErasedClock.Instant?
        self.update { table in
            var effects = table.fire(at: now)
            next = effects.next
            effects.next = nil
            return effects
        }
        return next
    }

    /// Ends all queries, and returns when the connections are closed.
    func close() async {
        var effects = self.table.withLock { $0.close() }
        let channels = effects.closing
        effects.closing = []
        self.perform(effects, opening: [])
        for channel in channels { await channel.closeAndWait() }
    }

    private func update(_ change: (inout StreamTable) -> StreamTable.Effects) {
        let (effects, opening) = self.table.withLock { table in
            let effects = change(&table)
            return (effects, (0..<effects.openings).map { _ in table.beginOpening() })
        }
        self.perform(effects, opening: opening)
    }

    private func perform(_ effects: StreamTable.Effects, opening: [Int]) {
        for (channel, frame) in effects.sends { channel.writeAndFlush(frame, promise: nil) }
        for query in effects.ended { query.resume() }
        for channel in effects.closing { channel.close(promise: nil) }
        for number in opening { self.open(number) }
        if let next = effects.next { self.deadlines.wake(for: next) }
    }

    // MARK: Connections

    private func open(_ number: Int) {
        let address: SocketAddress
        do {
            address = try SocketAddress(self.upstream)
        } catch {
            self.update { $0.failedToOpen(number, because: error) }
            return
        }
        ClientBootstrap(group: self.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(exchanges: self, connection: number))
                }
            }
            .connect(to: address)
            .whenComplete { result in
                self.update { table in
                    switch result {
                    case .success(let channel): table.opened(number, channel, at: self.clock.now)
                    case .failure(let error): table.failedToOpen(number, because: error)
                    }
                }
            }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let exchanges: StreamExchanges
        private let connection: Int
        private var framing = MessageFraming()
        private var error: (any Error)?

        init(exchanges: StreamExchanges, connection: Int) {
            self.exchanges = exchanges
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.framing.append(self.unwrapInboundIn(data))
            let (exchanges, connection) = (self.exchanges, self.connection)
            while true {
                switch self.framing.next() {
                case .message(let bytes):
                    exchanges.update { $0.receive(bytes, over: connection, at: exchanges.clock.now) }
                case .empty:
                    context.close(promise: nil)
                    return
                case .incomplete:
                    return
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.error = error
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            let (connection, error) = (self.connection, self.error)
            self.exchanges.update { $0.closed(connection, because: error) }
        }
    }
}
