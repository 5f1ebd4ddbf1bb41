package import DNSTransport
import Synchronization

/// What happens to a datagram of a simulated path.
package enum DatagramFault: String, CaseIterable, Sendable {
    /// The query never arrives, or its answer doesn't.
    case lost
    /// The answer comes twice.
    case duplicate
    /// The answer takes up to eight seconds, so that others overtake it.
    case delay
    /// The answer breaks off before the end of its question.
    case truncated
    /// A bit of the answer's id or question is flipped.
    case corrupted
    /// An answer to another query of the socket comes first.
    case misplaced
    /// The system reports that nothing listens there.
    case unreachable
    /// The socket is gone without a word.
    case closed
}

/// A UDP path to a server, on a clock of the test's. A seed decides what becomes of each datagram; nothing takes real time.
///
/// ``run()`` has to go on as long as the path is used.
package final class SimulatedDatagrams: DatagramNetwork {
    private struct Delivery {
        let due: ErasedClock.Instant
        let socket: Int
        let event: DatagramEvent
    }

    private struct Report {
        let to: (@Sendable (DatagramEvent) -> Void)?
        let event: DatagramEvent
    }

    private struct State {
        var random: SeededRandom
        var deliveries: [Delivery] = []
        var open: [Int: @Sendable (DatagramEvent) -> Void] = [:]
        var answered: [Int: [UInt8]] = [:]
        var lastSocket = 0
        var sent: [ErasedClock.Instant] = []
        var counts: [DatagramFault: Int] = [:]
        var isSilent = false
    }

    private let state: Mutex<State>
    private let clock: ErasedClock
    private let deadlines: DeadlineLoop
    private let rate: Int
    private let server: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameters:
    ///   - seed: Decides on all that is random.
    ///   - clock: When datagrams arrive.
    ///   - rate: How often each fault strikes, in thousandths of all queries.
    ///   - server: Answers a query.
    package init(seed: UInt64, clock: ErasedClock, rate: Int, server: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.state = Mutex(State(random: SeededRandom(seed: seed)))
        self.clock = clock
        self.deadlines = DeadlineLoop(clock: clock)
        self.rate = rate
        self.server = server
    }

    /// Delivers what is under way, until it is cancelled.
    package func run() async {
        await self.deadlines.run { now in self.deliver(until: now) }
    }

    /// Lets nothing through from now on, or everything again.
    package func silence(_ isSilent: Bool) { self.state.withLock { $0.isSilent = isSilent } }

    // MARK: - What is known

    /// When each query was sent.
    package var sent: [ErasedClock.Instant] { self.state.withLock(\.sent) }
    package var counts: [DatagramFault: Int] { self.state.withLock(\.counts) }
    package var openSockets: Int { self.state.withLock(\.open.count) }

    // MARK: - Sockets

    package func open(
        to upstream: UpstreamAddress,
        answerByteCount: Int,
        _ report: @escaping @Sendable (DatagramEvent) -> Void
    ) {
        let number = self.state.withLock { state in
            state.lastSocket += 1
            state.open[state.lastSocket] = report
            return state.lastSocket
        }
        self.schedule([
            Delivery(due: self.clock.now, socket: number, event: .opened(Socket(path: self, number: number)))
        ])
    }

    private struct Socket: DatagramSocket {
        let path: SimulatedDatagrams
        let number: Int

        func send(_ datagram: [UInt8]) { self.path.send(datagram, from: self.number) }
        func close() { self.path.close(self.number) }
        func closeAndWait() async { self.path.close(self.number) }
    }

    private func close(_ number: Int) {
        self.state.withLock { state in
            state.open[number] = nil
            state.answered[number] = nil
            state.deliveries.removeAll { $0.socket == number }
        }
    }

    // MARK: - Datagrams

    private func send(_ query: [UInt8], from socket: Int) {
        let now = self.clock.now
        let answer = self.server(query)
        let deliveries = self.state.withLock { state -> [Delivery] in
            guard state.open[socket] != nil else { return [] }
            state.sent.append(now)
            guard !state.isSilent else { return [] }
            let other = state.answered.updateValue(answer, forKey: socket)
            let fault = self.fault(&state.random)
            if let fault { state.counts[fault, default: 0] += 1 }
            return Self.events(answer, after: other, fault, &state.random).map { delay, event in
                Delivery(due: now.advanced(by: delay), socket: socket, event: event)
            }
        }
        self.schedule(deliveries)
    }

    private func fault(_ random: inout SeededRandom) -> DatagramFault? {
        let number = Int.random(in: 0..<1_000, using: &random)
        let kinds = DatagramFault.allCases
        return self.rate > 0 && number / self.rate < kinds.count ? kinds[number / self.rate] : nil
    }

    /// What comes back, and after how long.
    private static func events(
        _ answer: [UInt8],
        after other: [UInt8]?,
        _ fault: DatagramFault?,
        _ random: inout SeededRandom
    ) -> [(Duration, DatagramEvent)] {
        let delay = Duration.milliseconds(Int.random(in: 20...60, using: &random))
        switch fault {
        case nil: return [(delay, .received(answer))]
        case .lost: return []
        case .duplicate:
            let again = delay + .milliseconds(Int.random(in: 0...3_000, using: &random))
            return [(delay, .received(answer)), (again, .received(answer))]
        case .delay: return [(.milliseconds(Int.random(in: 60...8_000, using: &random)), .received(answer))]
        case .truncated:
            return [(delay, .received(Array(answer.prefix(Int.random(in: 0..<16, using: &random)))))]
        case .corrupted:
            var bytes = answer
            // The id, the name but for the bits that tell upper from lower case, type and class.
            let places = [0, 1] + Array(12..<min(bytes.count, 16))
            bytes[places[Int.random(in: 0..<places.count, using: &random)]] ^= [1, 2, 4, 8][Int(random.next() % 4)]
            return [(delay, .received(bytes))]
        case .misplaced: return [(delay, .received(other ?? [])), (delay, .received(answer))]
        case .unreachable: return [(delay, .failed(DNSTransportError(.refused, "nothing listens there")))]
        case .closed: return [(delay, .closed)]
        }
    }

    private func schedule(_ deliveries: [Delivery]) {
        guard let first = deliveries.map(\.due).min() else { return }
        self.state.withLock { $0.deliveries += deliveries }
        self.deadlines.wake(for: first)
    }

    /// - Returns: When the next one is due.
    private func deliver(until now: ErasedClock.Instant) -> ErasedClock.Instant? {
        while true {
            let next = self.state.withLock { state -> Report? in
                let index = state.deliveries.indices.min { state.deliveries[$0].due < state.deliveries[$1].due }
                guard let index, state.deliveries[index].due <= now else { return nil }
                let delivery = state.deliveries.remove(at: index)
                let report = state.open[delivery.socket]
                if case .closed = delivery.event { state.open[delivery.socket] = nil }
                return Report(to: report, event: delivery.event)
            }
            guard let next else { return self.state.withLock { $0.deliveries.map(\.due).min() } }
            next.to?(next.event)
        }
    }
}
