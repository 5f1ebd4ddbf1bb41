import NIOCore

/// The TCP queries that wait for an answer, by the connection that they were sent over.
///
/// Decides, and lets its owner act: nothing here waits, sends or opens.
struct StreamTable: Sendable {
    /// What the owner has to do; sends go before closings.
    struct Effects: Sendable {
        var sends: [(channel: any Channel, frame: ByteBuffer)] = []
        var ended: [EndedQuery] = []
        var closing: [any Channel] = []
        var openings = 0
        /// When the table has to be asked again at the latest.
        var next: ErasedClock.Instant?
    }

    struct Entry: Sendable {
        var query: OutgoingQuery
        /// How many connections ended under the query without having answered anything.
        var losses = 0
    }

    struct Connection: Sendable {
        /// `nil` while it is being opened.
        var channel: (any Channel)?
        var pending: [UInt16: Entry] = [:]
        var answered = 0
        var idleSince: ErasedClock.Instant?
        /// Takes no more queries, because the server let one wait for too long.
        var isRetired = false
    }

    let configuration: DNSClientConfiguration
    let upstream: UpstreamAddress
    private(set) var connections: [Int: Connection] = [:]
    private(set) var waiting: [Entry] = []
    /// The server was seen to close after an answer although more queries had been sent.
    private(set) var closesAfterAnswer = false
    /// The last connection that was opened ahead of any query ended without one.
    private var wasOpenedInVain = false
    private var lastConnection = 0
    private var isClosed = false
    private var random = RandomBits()

    init(configuration: DNSClientConfiguration, upstream: UpstreamAddress) {
        self.configuration = configuration
        self.upstream = upstream
    }

    /// How many queries wait for an answer, and how many connections there are, those included that are being opened.
    var load: (queries: Int, sockets: Int) {
        (self.waiting.count + self.connections.values.reduce(0) { $0 + $1.pending.count }, self.connections.count)
    }

    // MARK: Queries

    mutating func add(_ query: OutgoingQuery, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        if self.isClosed {
            effects.ended = [query.ended(DNSTransportError(.closed, "the DNS client was stopped"))]
        } else if query.deadline <= now {
            effects.ended = [query.ended(self.timeout)]
        } else {
            self.wasOpenedInVain = false
            self.waiting.append(Entry(query: query))
            effects.next = query.deadline
            self.assign(&effects)
        }
        return effects
    }

    /// Opens a connection ahead of the queries that may need it, unless the last one so opened was of no use.
    mutating func prepare() -> Effects {
        var effects = Effects()
        if !self.isClosed, !self.wasOpenedInVain, self.connections.isEmpty { effects.openings = 1 }
        return effects
    }

    mutating func cancel(_ number: UInt64, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        if let index = self.waiting.firstIndex(where: { $0.query.number == number }) {
            effects.ended = [self.waiting.remove(at: index).query.ended(CancellationError())]
            return effects
        }
        for (connection, state) in self.connections {
            guard let (id, entry) = state.pending.first(where: { $0.value.query.number == number }) else { continue }
            self.connections[connection]?.pending[id] = nil
            effects.ended = [entry.query.ended(CancellationError())]
            self.settle(connection, at: now, &effects)
            self.assign(&effects)
            break
        }
        return effects
    }

    /// Takes a message that came in over a connection. One that answers nothing changes nothing.
    mutating func receive(_ bytes: [UInt8], over number: Int, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard bytes.count >= 2 else { return effects }
        let id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard let entry = self.connections[number]?.pending[id], let answer = entry.query.matched(by: bytes) else {
            return effects
        }
        effects.ended = [entry.query.ended(answer)]
        self.connections[number]?.pending[id] = nil
        self.connections[number]?.answered += 1
        self.settle(number, at: now, &effects)
        self.assign(&effects)
        return effects
    }

    /// Ends what waited too long, and connections without use.
    mutating func fire(at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        effects.ended = self.waiting.filter { $0.query.deadline <= now }.map { $0.query.ended(self.timeout) }
        self.waiting.removeAll { $0.query.deadline <= now }
        for (number, connection) in self.connections {
            let late = connection.pending.filter { $0.value.query.deadline <= now }
            for (id, entry) in late {
                effects.ended.append(entry.query.ended(self.timeout))
                self.connections[number]?.pending[id] = nil
                self.connections[number]?.isRetired = true
            }
            if !late.isEmpty { self.settle(number, at: now, &effects) }
            if let idleSince = connection.idleSince, connection.pending.isEmpty,
                idleSince.advanced(by: self.configuration.idleTimeout) <= now
            {
                if connection.answered == 0 { self.wasOpenedInVain = true }
                self.drop(number, &effects)
            }
        }
        self.assign(&effects)
        effects.next = self.nextDue
        return effects
    }

    private var nextDue: ErasedClock.Instant? {
        var next = self.waiting.map(\.query.deadline).min()
        for connection in self.connections.values {
            var dues = connection.pending.values.map(\.query.deadline)
            if let idleSince = connection.idleSince, connection.pending.isEmpty {
                dues.append(idleSince.advanced(by: self.configuration.idleTimeout))
            }
            if let due = dues.min() { next = min(next ?? due, due) }
        }
        return next
    }

    // MARK: Connections

    /// - Returns: The number of a connection that is being opened.
    mutating func beginOpening() -> Int {
        self.lastConnection += 1
        self.connections[self.lastConnection] = Connection()
        return self.lastConnection
    }

    mutating func opened(_ number: Int, _ channel: any Channel, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard self.connections[number] != nil else {
            effects.closing = [channel]
            return effects
        }
        self.connections[number]?.channel = channel
        self.connections[number]?.idleSince = now
        effects.next = now.advanced(by: self.configuration.idleTimeout)
        self.assign(&effects)
        return effects
    }

    mutating func failedToOpen(_ number: Int, because error: any Error) -> Effects {
        var effects = Effects()
        self.connections[number] = nil
        if self.waiting.isEmpty { self.wasOpenedInVain = true }
        if !self.connections.values.contains(where: { !$0.isRetired }) {
            let reason = DNSTransportError(reaching: self.upstream, error)
            effects.ended = self.waiting.map { $0.query.ended(reason) }
            self.waiting = []
        }
        return effects
    }

    /// Takes back the queries of a connection that ended. Those that saw two connections end without any answer fail.
    mutating func closed(_ number: Int, because error: (any Error)?) -> Effects {
        var effects = Effects()
        guard let connection = self.connections.removeValue(forKey: number) else { return effects }
        if connection.answered == 0, connection.pending.isEmpty { self.wasOpenedInVain = true }
        if connection.answered == 1, !connection.pending.isEmpty { self.closesAfterAnswer = true }
        for var entry in connection.pending.values {
            entry.losses += connection.answered == 0 ? 1 : 0
            if entry.losses < 2 {
                self.waiting.append(entry)
            } else {
                let message = "\(self.upstream) closes the connection without an answer"
                effects.ended.append(
                    entry.query.ended(DNSTransportError(.connectionLost, message, underlying: error))
                )
            }
        }
        self.assign(&effects)
        return effects
    }

    mutating func close() -> Effects {
        self.isClosed = true
        let reason = DNSTransportError(.closed, "the DNS client was stopped")
        var effects = Effects()
        effects.ended = self.waiting.map { $0.query.ended(reason) }
        for connection in self.connections.values {
            effects.ended += connection.pending.values.map { $0.query.ended(reason) }
            if let channel = connection.channel { effects.closing.append(channel) }
        }
        (self.waiting, self.connections) = ([], [:])
        return effects
    }
}

// MARK: - Steps

extension StreamTable {
    /// How many queries may be under way on one connection.
    private var capacity: Int { self.closesAfterAnswer ? 1 : max(1, self.configuration.queriesPerConnection) }

    /// Puts waiting queries on connections, and asks for more connections where they don't suffice.
    private mutating func assign(_ effects: inout Effects) {
        while let entry = self.waiting.first, let number = self.connectionWithRoom {
            self.waiting.removeFirst()
            self.send(entry, over: number, &effects)
        }
        let inUse = self.connections.values.filter { !$0.isRetired }
        let coming = inUse.count { $0.channel == nil } + effects.openings
        let uncovered = self.waiting.count - coming * self.capacity
        guard uncovered > 0 else { return }
        let free = max(1, self.configuration.maximumConnections) - inUse.count - effects.openings
        effects.openings += max(0, min(free, (uncovered + self.capacity - 1) / self.capacity))
    }

    private var connectionWithRoom: Int? {
        self.connections.first { _, connection in
            connection.channel != nil && !connection.isRetired && connection.pending.count < self.capacity
                && !(self.closesAfterAnswer && connection.answered > 0)
        }?.key
    }

    private mutating func send(_ entry: Entry, over number: Int, _ effects: inout Effects) {
        var entry = entry
        guard let connection = self.connections[number], let channel = connection.channel,
            let id = unusedID(in: connection.pending, drawing: { self.random.next() })
        else { return }
        entry.query.setID(id)
        self.connections[number]?.pending[id] = entry
        self.connections[number]?.idleSince = nil
        if let frame = MessageFraming.frame(entry.query.bytes) { effects.sends.append((channel, frame)) }
    }

    /// Looks after a connection that has one query less.
    private mutating func settle(_ number: Int, at now: ErasedClock.Instant, _ effects: inout Effects) {
        guard let connection = self.connections[number], connection.pending.isEmpty else { return }
        if connection.isRetired || self.closesAfterAnswer {
            self.drop(number, &effects)
        } else {
            self.connections[number]?.idleSince = now
            effects.next = now.advanced(by: self.configuration.idleTimeout)
        }
    }

    private mutating func drop(_ number: Int, _ effects: inout Effects) {
        guard let connection = self.connections.removeValue(forKey: number) else { return }
        if let channel = connection.channel { effects.closing.append(channel) }
    }

    private var timeout: DNSTransportError {
        DNSTransportError(.timeout, "no answer from \(self.upstream) over TCP in time")
    }
}
