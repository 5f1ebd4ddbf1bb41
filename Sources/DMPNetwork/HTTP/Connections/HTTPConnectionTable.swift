package import DNSTransport

/// Decides which request goes over which connection to one node, and when connections are opened.
///
/// A node gets one request at a time on each connection, until it is seen to keep its connections; then several go over one,
/// without waiting for answers. A request whose connection ends before its answer goes over another: publishing and
/// deleting twice does no harm.
///
/// Invariant: a request is on one connection or waits, and leaves the table once: answered, failed or cancelled.
///
/// Knows numbers only: nothing here waits, sends or opens.
package struct HTTPConnectionTable: Sendable {
    /// How many connections are opened ahead at most at a node that isn't known to keep them.
    package static let aheadLimit = 16
    /// How many connections there are at most to a node that takes several requests on one.
    package static let keptLimit = 24
    /// How many requests are under way at most on one connection.
    package static let depth = 16
    /// How many requests ahead of it are thought to be no burden for a request.
    package static let usualDepth = 4
    /// How many connections may end under a request before it fails.
    package static let lossLimit = 3

    /// What the owner has to do; sends go before closings.
    package struct Effects: Sendable {
        package var sends: [(call: Int, connection: Int)] = []
        package var failures: [(call: Int, error: HTTPConnectionError)] = []
        package var closings: [Int] = []
        package var openings: [(connection: Int, start: ErasedClock.Instant)] = []
    }

    private enum Phase: Sendable {
        case planned
        case opening(since: ErasedClock.Instant)
        case open(after: Duration)
    }

    private struct Connection: Sendable {
        var phase = Phase.planned
        /// Whether it was opened ahead of the requests that may need it.
        var isAhead = false
        /// Whether its opening was put off, as the node might have been one that closes its connections.
        var isPaced = false
        /// Whether it was open before there was a request for it, so that the node may have closed it meanwhile.
        var wasIdle = false
        /// Sent and not answered, in this order.
        var calls: [Int] = []
        /// Whether more than one request was under way since the last time that there was none.
        var isPipelined = false
        var answered = 0
        /// Takes no more requests.
        var isRetired = false

        var isOpen: Bool { if case .open = self.phase { true } else { false } }
        var isPlanned: Bool { if case .planned = self.phase { true } else { false } }
        var isOpening: Bool { if case .opening = self.phase { true } else { false } }
    }

    private struct Call: Sendable {
        var sent: ErasedClock.Instant?
        var losses = 0
    }

    private(set) package var pace: ConnectionPace
    private var connections: [Int: Connection] = [:]
    private var calls: [Int: Call] = [:]
    private var waiting: [Int] = []
    private var lastConnection = 0
    /// The node was seen to close after an answer although more requests had been sent, and hadn't said so.
    private var closesEarly = false
    private var isClosed = false

    package init(pace: ConnectionPace) {
        self.pace = pace
    }

    /// How many requests wait for a connection, and how many connections there are, those planned included.
    package var load: (waiting: Int, connections: Int) { (self.waiting.count, self.connections.count) }
}

// MARK: - Requests

extension HTTPConnectionTable {
    package mutating func add(_ call: Int, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard !self.isClosed else {
            effects.failures = [(call, .closed)]
            return effects
        }
        self.calls[call] = Call()
        self.waiting.append(call)
        self.assign(at: now, &effects)
        return effects
    }

    /// Opens connections ahead of `count` requests.
    package mutating func prepare(for count: Int, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard !self.isClosed else { return effects }
        let wanted =
            self.isPipelining
            ? min((count + Self.usualDepth - 1) / Self.usualDepth, Self.keptLimit) : min(count, Self.aheadLimit)
        let free = self.connections.values.count { !$0.isRetired && $0.calls.isEmpty }
        for _ in 0..<max(0, wanted - free) { self.plan(isAhead: true, at: now, &effects) }
        return effects
    }

    /// Takes note that nobody waits for the answer any more. What is under way before and after it on its connection is
    /// answered there, and nothing else is sent there.
    package mutating func cancel(_ call: Int, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard self.calls.removeValue(forKey: call) != nil else { return effects }
        self.waiting.removeAll { $0 == call }
        if let number = self.connections.first(where: { $0.value.calls.contains(call) })?.key {
            self.connections[number]?.calls.removeAll { $0 == call }
            self.connections[number]?.isRetired = true
            self.settle(number, &effects)
            self.assign(at: now, &effects)
        }
        return effects
    }

    /// Takes note of an answer.
    ///
    /// - Returns: Whether somebody waits for it.
    package mutating func received(
        _ call: Int,
        over number: Int,
        keepsConnection: Bool,
        at now: ErasedClock.Instant
    ) -> (isAwaited: Bool, effects: Effects) {
        var effects = Effects()
        guard var connection = self.connections[number] else { return (false, effects) }
        let index = connection.calls.firstIndex(of: call)
        if let index, let sent = self.calls.removeValue(forKey: call)?.sent {
            connection.calls.remove(at: index)
            var latency = sent.duration(to: now)
            if connection.answered == 0, case .open(let opening) = connection.phase { latency += opening }
            self.pace.answered(keepsConnection: keepsConnection, after: latency)
        }
        connection.answered += 1
        if !keepsConnection {
            connection.isRetired = true
            self.queueAgain(connection.calls)
            connection.calls = []
        }
        if connection.calls.isEmpty { connection.isPipelined = false }
        self.connections[number] = connection
        self.settle(number, &effects)
        self.assign(at: now, &effects)
        return (index != nil, effects)
    }

    /// Ends all requests and connections, for good.
    package mutating func close() -> Effects {
        self.isClosed = true
        var effects = Effects()
        effects.failures = self.calls.keys.map { ($0, .closed) }
        effects.closings = Array(self.connections.keys)
        (self.calls, self.waiting, self.connections) = ([:], [], [:])
        return effects
    }
}

// MARK: - Connections

extension HTTPConnectionTable {
    /// The time to open a planned connection has come.
    ///
    /// - Returns: Whether it is still needed.
    package mutating func begin(_ number: Int, at now: ErasedClock.Instant) -> Bool {
        guard let connection = self.connections[number] else { return false }
        let coming = self.connections.values.count(where: \.isOpening) * self.capacity
        let isSpare = connection.isAhead && !(connection.isPaced && self.isPipelining)
        guard self.waiting.count > coming || isSpare else {
            self.connections[number] = nil
            return false
        }
        self.connections[number]?.phase = .opening(since: now)
        return true
    }

    /// - Returns: `nil` if the connection isn't wanted any more.
    package mutating func opened(_ number: Int, at now: ErasedClock.Instant) -> Effects? {
        guard let connection = self.connections[number], case .opening(let start) = connection.phase else { return nil }
        var effects = Effects()
        self.connections[number]?.phase = .open(after: start.duration(to: now))
        self.assign(at: now, &effects)
        if self.connections[number]?.calls.isEmpty == true { self.connections[number]?.wasIdle = true }
        return effects
    }

    /// Fails one request, or all that wait if there is no other connection to wait for.
    package mutating func failedToOpen(
        _ number: Int,
        because error: HTTPConnectionError,
        at now: ErasedClock.Instant
    ) -> Effects {
        var effects = Effects()
        guard self.connections.removeValue(forKey: number) != nil else { return effects }
        if self.connections.values.allSatisfy({ $0.isPlanned || $0.isRetired }) {
            self.pace.lost()
            self.connections = self.connections.filter { !$0.value.isPlanned }
            for call in self.waiting { self.fail(call, error, &effects) }
        } else if !self.isPipelining, let call = self.waiting.first {
            self.pace.lost()
            self.fail(call, error, &effects)
            self.assign(at: now, &effects)
        }
        return effects
    }

    /// Takes back the requests of a connection that ended. The one that should have been answered next fails if the
    /// connection was opened for it, or its answer was no good.
    package mutating func closed(
        _ number: Int,
        because error: HTTPConnectionError,
        at now: ErasedClock.Instant
    ) -> Effects {
        var effects = Effects()
        guard let connection = self.connections.removeValue(forKey: number) else { return effects }
        if connection.answered == 1, connection.isPipelined { self.closesEarly = true }
        let isFresh = connection.answered == 0 && !connection.wasIdle
        var again: [Int] = []
        for (place, call) in connection.calls.enumerated() {
            let losses = (self.calls[call]?.losses ?? 0) + 1
            self.calls[call]?.losses = losses
            if place == 0 && (isFresh || error.concernsAnswer) || losses >= Self.lossLimit {
                self.pace.lost()
                self.fail(call, error, &effects)
            } else {
                again.append(call)
            }
        }
        self.queueAgain(again)
        self.assign(at: now, &effects)
        return effects
    }

    /// Closes a connection that has not been used for a while.
    package mutating func idled(_ number: Int) -> Effects {
        var effects = Effects()
        guard self.connections[number]?.calls.isEmpty == true else { return effects }
        self.connections[number]?.isRetired = true
        self.settle(number, &effects)
        return effects
    }
}

// MARK: - Steps

extension HTTPConnectionTable {
    private var isPipelining: Bool { self.pace.keepsConnections && !self.closesEarly }
    private var capacity: Int { self.isPipelining ? Self.depth : 1 }

    /// Puts waiting requests on connections, and asks for more connections where they don't suffice.
    private mutating func assign(at now: ErasedClock.Instant, _ effects: inout Effects) {
        var sent = 0
        while sent < self.waiting.count, let number = self.connectionWithRoom {
            let call = self.waiting[sent]
            sent += 1
            self.calls[call]?.sent = now
            if self.connections[number]?.calls.isEmpty == false { self.connections[number]?.isPipelined = true }
            self.connections[number]?.calls.append(call)
            effects.sends.append((call, number))
        }
        self.waiting.removeFirst(sent)
        let inUse = self.connections.values.filter { !$0.isRetired }
        let uncovered = self.waiting.count - inUse.count { !$0.isOpen } * self.capacity
        let limit = self.isPipelining ? Self.keptLimit : ConnectionPace.closingWidth
        let openings = min((uncovered + self.capacity - 1) / self.capacity, limit - inUse.count)
        for _ in 0..<max(0, openings) { self.plan(isAhead: false, at: now, &effects) }
    }

    /// The open connection with the fewest requests under way, the oldest of several.
    private var connectionWithRoom: Int? {
        let free = self.connections.filter { _, connection in
            connection.isOpen && !connection.isRetired && connection.calls.count < self.capacity
        }
        return free.min { ($0.value.calls.count, $0.key) < ($1.value.calls.count, $1.key) }?.key
    }

    private mutating func plan(isAhead: Bool, at now: ErasedClock.Instant, _ effects: inout Effects) {
        // Those that have answered were accepted, so that they wait no more in the queue of the node.
        let unproven = self.connections.values.count { $0.answered == 0 }
        self.lastConnection += 1
        let start = self.pace.begin(at: now, running: unproven + 1)
        self.connections[self.lastConnection] = Connection(isAhead: isAhead, isPaced: start > now)
        effects.openings.append((self.lastConnection, start))
    }

    private mutating func settle(_ number: Int, _ effects: inout Effects) {
        guard let connection = self.connections[number], connection.isRetired, connection.calls.isEmpty else { return }
        self.connections[number] = nil
        effects.closings.append(number)
    }

    private mutating func queueAgain(_ calls: [Int]) {
        for call in calls { self.calls[call]?.sent = nil }
        self.waiting.insert(contentsOf: calls, at: 0)
    }

    private mutating func fail(_ call: Int, _ error: HTTPConnectionError, _ effects: inout Effects) {
        self.calls[call] = nil
        self.waiting.removeAll { $0 == call }
        effects.failures.append((call, error))
    }
}
