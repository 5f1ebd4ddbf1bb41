import Synchronization

/// The UDP side of a ``DNSClient``: does what its ``DatagramTable`` decides.
final class DatagramExchanges: Sendable {
    private let table: Mutex<DatagramTable>
    private let upstream: UpstreamAddress
    private let network: any DatagramNetwork
    private let clock: ErasedClock
    private let deadlines: DeadlineLoop
    private let answerByteCount: Int
    private let lastSocket = Atomic<Int>(0)

    init(
        upstream: UpstreamAddress,
        configuration: DNSClientConfiguration,
        network: any DatagramNetwork,
        clock: ErasedClock,
        deadlines: DeadlineLoop
    ) {
        self.table = Mutex(DatagramTable(configuration: configuration, upstream: upstream))
        self.upstream = upstream
        self.answerByteCount = max(Self.leastAnswerByteCount, Int(configuration.payloadSize))
        self.network = network
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
        let sockets = effects.closing
        effects.closing = []
        self.perform(effects)
        for socket in sockets { await socket.closeAndWait() }
    }

    private func update(_ change: (inout DatagramTable) -> DatagramTable.Effects) {
        self.perform(self.table.withLock { change(&$0) })
    }

    private func perform(_ effects: DatagramTable.Effects) {
        for (socket, datagram) in effects.sends { socket.send(datagram) }
        for query in effects.ended { query.resume() }
        for socket in effects.closing { socket.close() }
        for _ in 0..<effects.openings { self.open() }
        if let next = effects.next { self.deadlines.wake(for: next) }
    }

    // MARK: Sockets

    private static let leastAnswerByteCount = 4_096

    private func open() {
        let number = self.lastSocket.add(1, ordering: .relaxed).newValue
        self.network.open(to: self.upstream, answerByteCount: self.answerByteCount) { event in
            self.note(event, of: number)
        }
    }

    private func note(_ event: DatagramEvent, of socket: Int) {
        self.update { table in
            switch event {
            case .opened(let opened): table.opened(opened, as: socket, at: self.clock.now)
            case .failedToOpen(let error): table.failedToOpen(error)
            case .received(let bytes): table.receive(bytes, at: socket, now: self.clock.now)
            case .failed(let error): table.failed(socket, with: error, at: self.clock.now)
            case .closed: table.lost(socket, at: self.clock.now)
            }
        }
    }
}
