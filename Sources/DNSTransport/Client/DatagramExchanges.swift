import NIOCore
import NIOPosix
import Synchronization

/// The UDP side of a ``DNSClient``: does what its ``DatagramTable`` decides.
final class DatagramExchanges: Sendable {
    private let table: Mutex<DatagramTable>
    private let upstream: UpstreamAddress
    private let eventLoop: any EventLoop
    private let clock: ErasedClock
    private let deadlines: DeadlineLoop
    private let answerByteCount: Int
    private let lastSocket = Atomic<Int>(0)

    init(
        upstream: UpstreamAddress,
        configuration: DNSClientConfiguration,
        eventLoop: any EventLoop,
        clock: ErasedClock,
        deadlines: DeadlineLoop
    ) {
        self.table = Mutex(DatagramTable(configuration: configuration, upstream: upstream))
        self.upstream = upstream
        self.answerByteCount = max(Self.leastAnswerByteCount, Int(configuration.payloadSize))
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

    /// Ends all queries, and returns when the sockets are closed.
    func close() async {
        var effects = self.table.withLock { $0.close() }
        let channels = effects.closing
        effects.closing = []
        self.perform(effects)
        for channel in channels { await channel.closeAndWait() }
    }

    private func update(_ change: (inout DatagramTable) -> DatagramTable.Effects) {
        self.perform(self.table.withLock { change(&$0) })
    }

    private func perform(_ effects: DatagramTable.Effects) {
        for (outbox, datagram) in effects.sends { outbox.send(ByteBuffer(bytes: datagram)) }
        for query in effects.ended { query.resume() }
        for channel in effects.closing { channel.close(promise: nil) }
        for _ in 0..<effects.openings { self.open() }
        if let next = effects.next { self.deadlines.wake(for: next) }
    }

    // MARK: Sockets

    private static let leastAnswerByteCount = 4_096
    private static let answersPerRead = 16

    /// Opens a socket that only datagrams from the upstream reach. The system picks its port.
    private func open() {
        let number = self.lastSocket.add(1, ordering: .relaxed).newValue
        let address: SocketAddress
        do {
            address = try SocketAddress(self.upstream)
        } catch {
            self.update { $0.failedToOpen(error) }
            return
        }
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: Self.answersPerRead * self.answerByteCount)
        DatagramBootstrap(group: self.eventLoop)
            .channelOption(.datagramVectorReadMessageCount, value: Self.answersPerRead)
            .channelOption(.recvAllocator, value: allocator)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(exchanges: self, socket: number))
                }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.opened(channel, as: number)
                case .failure(let error): self.update { $0.failedToOpen(error) }
                }
            }
    }

    private func opened(_ channel: any Channel, as number: Int) {
        let outbox = DatagramOutbox<ByteBuffer>(channel: channel) { [weak self] error in
            guard let self else { return }
            self.update { $0.failed(number, with: error, at: self.clock.now) }
        }
        self.update { $0.opened(outbox, as: number, at: self.clock.now) }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let exchanges: DatagramExchanges
        private let socket: Int

        init(exchanges: DatagramExchanges, socket: Int) {
            self.exchanges = exchanges
            self.socket = socket
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(self.unwrapInboundIn(data).data.readableBytesView)
            let (exchanges, socket) = (self.exchanges, self.socket)
            exchanges.update { $0.receive(bytes, at: socket, now: exchanges.clock.now) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let socket = self.socket
            let exchanges = self.exchanges
            exchanges.update { $0.failed(socket, with: error, at: exchanges.clock.now) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            let socket = self.socket
            let exchanges = self.exchanges
            exchanges.update { $0.lost(socket, at: exchanges.clock.now) }
        }
    }
}
