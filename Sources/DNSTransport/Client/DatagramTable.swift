import NIOCore

/// The UDP queries that wait for an answer, by the socket that they were sent from.
///
/// Decides, and lets its owner act: nothing here waits, sends or opens.
struct DatagramTable: Sendable {
    /// What the owner has to do, in any order.
    struct Effects: Sendable {
        var sends: [(socket: any DatagramSocket, datagram: [UInt8])] = []
        var ended: [EndedQuery] = []
        var closing: [any DatagramSocket] = []
        var openings = 0
        /// When the table has to be asked again at the latest.
        var next: ErasedClock.Instant?
    }

    struct Entry: Sendable {
        var query: OutgoingQuery
        var sends = 0
        var sentAt: ErasedClock.Instant
    }

    struct Socket: Sendable {
        let handle: any DatagramSocket
        let opened: ErasedClock.Instant
        var used = 0
        var isRetired = false
        var pending: [UInt16: Entry] = [:]
    }

    let configuration: DNSClientConfiguration
    let upstream: UpstreamAddress
    private(set) var roundTrip: RoundTripEstimate
    /// When the upstream last answered anything.
    private var lastAnswer: ErasedClock.Instant?
    /// The interval that the deadlines which were handed out rest on.
    private var reckoned: Duration
    private(set) var sockets: [Int: Socket] = [:]
    /// The sockets that take new queries.
    private var live: [Int] = []
    private var opening = 0
    private var waiting: [OutgoingQuery] = []
    private var inFlight = 0
    /// How many queries may be out. Smaller than configured while many of them get no answer: nodes drop what comes too
    /// fast.
    private(set) var window: Int
    private var isClosed = false
    private var random = RandomBits()

    init(configuration: DNSClientConfiguration, upstream: UpstreamAddress) {
        self.configuration = configuration
        self.upstream = upstream
        self.window = max(Self.leastWindow, configuration.queriesInFlight)
        self.roundTrip = RoundTripEstimate(first: configuration.firstResendInterval)
        self.reckoned = configuration.firstResendInterval
    }

    /// How many queries wait for an answer, and how many sockets there are, those included that are being opened.
    var load: (queries: Int, sockets: Int) {
        (self.waiting.count + self.inFlight, self.sockets.count + self.opening)
    }

    // MARK: Queries

    mutating func add(_ query: OutgoingQuery, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard !self.isClosed else {
            effects.ended = [query.ended(DNSTransportError(.closed, "the DNS client was stopped"))]
            return effects
        }
        guard query.deadline > now else {
            effects.ended = [query.ended(self.timeout)]
            return effects
        }
        self.openAnother(&effects)
        if self.inFlight < self.window, let number = self.pickSocket() {
            self.assign(query, to: number, at: now, &effects)
        } else {
            self.waiting.append(query)
            effects.next = query.deadline
        }
        return effects
    }

    mutating func cancel(_ number: UInt64, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        if let index = self.waiting.firstIndex(where: { $0.number == number }) {
            effects.ended = [self.waiting.remove(at: index).ended(CancellationError())]
            return effects
        }
        for (socket, state) in self.sockets {
            guard let (id, entry) = state.pending.first(where: { $0.value.query.number == number }) else { continue }
            self.remove(id, from: socket, &effects)
            effects.ended = [entry.query.ended(CancellationError())]
            self.sendWaiting(at: now, &effects)
            break
        }
        return effects
    }

    /// Takes a datagram that came in at a socket. One that answers nothing changes nothing.
    mutating func receive(_ bytes: [UInt8], at socket: Int, now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard bytes.count >= 2 else { return effects }
        let id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard let entry = self.sockets[socket]?.pending[id], let answer = entry.query.matched(by: bytes) else {
            return effects
        }
        self.learn(from: entry, at: now, &effects)
        self.remove(id, from: socket, &effects)
        effects.ended.append(entry.query.ended(answer))
        self.window = min(self.window + 1, max(Self.leastWindow, self.configuration.queriesInFlight))
        self.sendWaiting(at: now, &effects)
        return effects
    }

    /// Sends again what waited long enough, ends what waited too long.
    mutating func fire(at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        effects.ended = self.waiting.filter { $0.deadline <= now }.map { $0.ended(self.timeout) }
        self.waiting.removeAll { $0.deadline <= now }
        effects.next = self.waiting.map(\.deadline).min()
        let before = self.inFlight
        var repeated = 0
        for (number, socket) in self.sockets {
            for (id, var entry) in socket.pending {
                if entry.query.deadline <= now {
                    effects.ended.append(entry.query.ended(self.timeout))
                    self.remove(id, from: number, &effects)
                    continue
                }
                if let again = self.nextSend(of: entry), again <= now {
                    repeated += 1
                    self.send(&entry, from: socket.handle, at: now, &effects)
                    self.sockets[number]?.pending[id] = entry
                }
                let due = self.due(of: entry)
                effects.next = min(effects.next ?? due, due)
            }
        }
        if repeated >= Self.sparse, repeated * Self.sparse > before {
            self.window = max(Self.leastWindow, min(self.window, before) / 2)
        }
        self.sendWaiting(at: now, &effects)
        return effects
    }

    // MARK: Sockets

    mutating func opened(_ handle: any DatagramSocket, as number: Int, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        self.opening -= 1
        guard !self.isClosed else {
            effects.closing = [handle]
            return effects
        }
        self.sockets[number] = Socket(handle: handle, opened: now)
        self.live.append(number)
        self.sendWaiting(at: now, &effects)
        return effects
    }

    mutating func failedToOpen(_ error: any Error) -> Effects {
        var effects = Effects()
        self.opening -= 1
        guard self.live.isEmpty, self.opening == 0 else { return effects }
        effects.ended = self.waiting.map { $0.ended(self.unreachable(error)) }
        self.waiting = []
        return effects
    }

    /// Ends a socket that reports an error, and its queries: nobody can tell which of them it is about. The system may be
    /// about to close it, so that a query which still went there would be told that instead of the reason.
    mutating func failed(_ number: Int, with error: any Error, at now: ErasedClock.Instant) -> Effects {
        var effects = Effects()
        guard let socket = self.sockets.removeValue(forKey: number) else { return effects }
        self.live.removeAll { $0 == number }
        let reason = self.unreachable(error)
        effects.ended = socket.pending.values.map { $0.query.ended(reason) }
        effects.closing = [socket.handle]
        self.inFlight -= socket.pending.count
        self.sendWaiting(at: now, &effects)
        return effects
    }

    /// Sends the queries of a socket that has gone without a word from another one, a few times: the system drops a socket
    /// whose error some other call has consumed.
    mutating func lost(_ number: Int, at now: ErasedClock.Instant) -> Effects {
        guard let socket = self.sockets[number] else { return Effects() }
        var moved = socket.pending.values.map(\.query).filter { $0.lostSockets < Self.lostSocketLimit }
        for index in moved.indices { moved[index].lostSockets += 1 }
        self.sockets[number]?.pending = socket.pending.filter { $0.value.query.lostSockets >= Self.lostSocketLimit }
        self.inFlight -= moved.count
        self.waiting = moved + self.waiting
        return self.failed(number, with: ChannelError.alreadyClosed, at: now)
    }

    private static let lostSocketLimit = 8

    mutating func close() -> Effects {
        self.isClosed = true
        let reason = DNSTransportError(.closed, "the DNS client was stopped")
        var effects = Effects()
        effects.ended = self.waiting.map { $0.ended(reason) }
        for socket in self.sockets.values {
            effects.ended += socket.pending.values.map { $0.query.ended(reason) }
            effects.closing.append(socket.handle)
        }
        (self.waiting, self.sockets, self.live, self.inFlight) = ([], [:], [], 0)
        return effects
    }
}

// MARK: - Steps

extension DatagramTable {
    private static let leastWindow = 16
    /// One lost query in so many is what networks lose anyway.
    private static let sparse = 8

    private mutating func pickSocket() -> Int? {
        self.live.isEmpty ? nil : self.live[self.random.place(below: self.live.count)]
    }

    /// Sends what waits, as far as the window allows.
    private mutating func sendWaiting(at now: ErasedClock.Instant, _ effects: inout Effects) {
        while self.inFlight < self.window, !self.waiting.isEmpty,
            let number = self.pickSocket()
        {
            self.assign(self.waiting.removeFirst(), to: number, at: now, &effects)
        }
        if !self.waiting.isEmpty { self.openAnother(&effects) }
    }

    private mutating func openAnother(_ effects: inout Effects) {
        guard self.live.count + self.opening < max(1, self.configuration.socketCount) else { return }
        self.opening += 1
        effects.openings += 1
    }

    private mutating func assign(
        _ query: OutgoingQuery,
        to number: Int,
        at now: ErasedClock.Instant,
        _ effects: inout Effects
    ) {
        guard var socket = self.sockets[number] else { return }
        guard socket.pending.count < self.configuration.queriesInFlightPerSocket,
            let id = unusedID(in: socket.pending, drawing: { self.random.next() })
        else {
            effects.ended.append(
                query.ended(DNSTransportError(.overloaded, "too many queries wait for \(self.upstream)"))
            )
            return
        }
        var entry = Entry(query: query, sentAt: now)
        entry.query.setID(id)
        self.send(&entry, from: socket.handle, at: now, &effects)
        let due = self.due(of: entry)
        effects.next = min(effects.next ?? due, due)
        self.inFlight += 1
        self.sockets[number] = nil  // so that the dictionary of pending queries is not copied
        socket.pending[id] = entry
        socket.used += 1
        let age = socket.opened.duration(to: now)
        if socket.used >= self.configuration.queriesPerSocket || age >= self.configuration.socketLifetime {
            socket.isRetired = true
            self.live.removeAll { $0 == number }
        }
        self.sockets[number] = socket
    }

    /// Takes in what an answer tells about the round trip. A shorter one than the deadlines rest on makes them come
    /// sooner, also for what was sent before.
    private mutating func learn(from entry: Entry, at now: ErasedClock.Instant, _ effects: inout Effects) {
        self.lastAnswer = now
        guard entry.sends == 1 else { return }
        self.roundTrip.record(entry.sentAt.duration(to: now))
        let interval = self.roundTrip.interval(afterSends: 1)
        if interval < self.reckoned * 3 / 4 {
            self.reckoned = interval
            effects.next = now
        } else if interval > self.reckoned {
            self.reckoned = interval
        }
    }

    /// When a query is sent again, or ends.
    private func due(of entry: Entry) -> ErasedClock.Instant {
        min(self.nextSend(of: entry) ?? entry.query.deadline, entry.query.deadline)
    }

    /// When a query is sent again; `nil` after the last time.
    ///
    /// An upstream that works off many queries answers one after the other: as long as answers come, those that are
    /// still out are given more time, up to three intervals.
    private func nextSend(of entry: Entry) -> ErasedClock.Instant? {
        guard entry.sends < self.configuration.maximumSends else { return nil }
        let interval = self.roundTrip.interval(afterSends: entry.sends)
        let usual = entry.sentAt.advanced(by: interval)
        guard let lastAnswer else { return usual }
        let silence = lastAnswer.advanced(by: self.roundTrip.interval(afterSends: 1) / 3)
        return max(usual, min(silence, entry.sentAt.advanced(by: interval * 3)))
    }

    private mutating func send(
        _ entry: inout Entry,
        from socket: any DatagramSocket,
        at now: ErasedClock.Instant,
        _ effects: inout Effects
    ) {
        entry.sends += 1
        entry.sentAt = now
        effects.sends.append((socket, entry.query.bytes))
    }

    /// Removes a query that is over, and its socket if that was only kept for it.
    private mutating func remove(_ id: UInt16, from number: Int, _ effects: inout Effects) {
        if self.sockets[number]?.pending.removeValue(forKey: id) != nil { self.inFlight -= 1 }
        guard let socket = self.sockets[number], socket.isRetired, socket.pending.isEmpty else { return }
        effects.closing.append(socket.handle)
        self.sockets[number] = nil
    }

    private var timeout: DNSTransportError {
        DNSTransportError(.timeout, "no answer from \(self.upstream) in time")
    }

    private func unreachable(_ error: any Error) -> DNSTransportError {
        DNSTransportError(reaching: self.upstream, error)
    }
}

extension DNSTransportError {
    /// What an error of a socket means for who wanted to reach `upstream`.
    init(reaching upstream: UpstreamAddress, _ error: any Error) {
        if let error = error as? DNSTransportError {
            self = error
        } else if (error as? IOError)?.isRefusal == true {
            self.init(.refused, "nothing listens at \(upstream)", underlying: error)
        } else {
            self.init(.unreachable, "\(upstream) can't be reached", underlying: error)
        }
    }
}
